import type { EgressAlarm, EgressDecision } from '@caisson/core'
import type { DecisionDetails } from './trail.ts'

const mostNames = 64
const longestName = 64
const longestText = 1024
/** RFC 1035, 2.3.4, in the form that is written. */
const longestHost = 253

/**
 * What a line tells of a decision, each within its bound: what the inside chose must not fill the disk of
 * whoever keeps the trail. A text that was cut ends with `…`; of names that are too many, the number is told.
 */
export function decisionFields(decision: EgressDecision, details: DecisionDetails): object {
  const { sequence, time, verdict, code, door, host, port, method, path, rule } = decision
  const { template, queryKeys, headerNames, identity, tenantHeaders } = details
  return {
    sequence,
    time,
    verdict,
    code,
    door,
    host: short(host, longestHost),
    port,
    method: method === null ? null : short(method, longestName),
    // Where the rule has a template, it says enough: the rest of the path was chosen inside.
    ...(template === null
      ? { path: path === null ? null : short(path, longestText) }
      : { template: short(template, longestText) }),
    rule: rule === null ? null : short(rule, longestName),
    reason: short(decision.reason, longestText),
    remedy: short(decision.remedy, longestText),
    policyVersion: decision.policyVersion,
    processId: decision.processId === null ? null : short(decision.processId, longestName),
    queryKeys: shortNames(queryKeys),
    headerNames: shortNames(headerNames),
    identity,
    tenantHeaders: tenantHeaders.length === 0 ? undefined : shortNames(tenantHeaders),
    queryKeysLeftOut: leftOut(queryKeys),
    headerNamesLeftOut: leftOut(headerNames),
  }
}

/** What a line tells of an alarm. */
export function alarmFields({ kind, time, host, about, message, processId }: EgressAlarm): object {
  return {
    alarm: kind,
    time,
    host: short(host, longestHost),
    about: about === null ? null : short(about, 128),
    message: short(message, longestText),
    processId: processId === null ? null : short(processId, longestName),
  }
}

function shortNames(names: readonly string[]): readonly string[] {
  const fits = names.length <= mostNames && names.every((name) => name.length <= longestName)
  return fits ? names : names.slice(0, mostNames).map((name) => short(name, longestName))
}

/** `undefined` is left out of JSON. */
function leftOut(names: readonly string[]): number | undefined {
  return names.length > mostNames ? names.length - mostNames : undefined
}

function short(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}…`
}

const beyondAscii = /[^\u0020-\u007e]/
const eachBeyondAscii = /[^\u0020-\u007e]/g

/**
 * JSON in visible ASCII alone. `JSON.stringify` leaves the controls above 0x7E, the line separators of
 * Unicode and the marks that turn text around as they are; a terminal or an editor would act on them.
 */
export function asciiJson(value: object): string {
  const json = JSON.stringify(value)
  return beyondAscii.test(json) ? json.replace(eachBeyondAscii, escaped) : json
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
