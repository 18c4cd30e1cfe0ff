import { type BodyRule, type JsonCondition, SandboxError } from '@caisson/core'
import {
  absent,
  dataUrl,
  type JsonCheck,
  maxLength,
  onlyKeys,
  oneOf,
  urlHosts,
} from './json-check.ts'
import { patternFault, readPattern } from './json-pattern.ts'
import { PatternSet } from './json-search.ts'

/** A condition as it is judged. */
export interface CompiledCondition {
  /** As written in the policy. */
  readonly at: string
  readonly check: JsonCheck
  readonly required: boolean
}

/** What a JSON body may be. */
export interface CompiledJson {
  /** For the object at the top. */
  readonly top: JsonCheck | null
  /** In the order of `patterns`. */
  readonly conditions: readonly CompiledCondition[]
  readonly patterns: PatternSet
}

/** A rule that no body can meet, or that says less than it seems to. */
export function invalidBody(clause: string, fault: string, hint: string): SandboxError {
  return new SandboxError('POLICY_INVALID', `${clause}: ${fault}`, { hint })
}

function checksOf(condition: JsonCondition): readonly JsonCheck[] {
  const checks: JsonCheck[] = []
  if (condition.absent === true) checks.push(absent)
  if (condition.oneOf !== undefined) checks.push(oneOf(condition.oneOf))
  if (condition.keys !== undefined) checks.push(onlyKeys(condition.keys))
  if (condition.urlHosts !== undefined) checks.push(urlHosts(condition.urlHosts))
  if (condition.dataUrl === true) checks.push(dataUrl)
  if (condition.maxLength !== undefined) checks.push(maxLength(condition.maxLength))
  return checks
}

function compileCondition(clause: string, condition: JsonCondition): CompiledCondition {
  const fault = patternFault(condition.at)
  if (fault !== undefined)
    throw invalidBody(`${clause}.at`, fault, 'write a pattern such as `/tools/*/type`')
  const [check, ...others] = checksOf(condition)
  if (check === undefined || others.length > 0) {
    throw invalidBody(
      clause,
      'exactly one of `absent`, `oneOf`, `keys`, `urlHosts`, `dataUrl` and `maxLength` stands beside `at`',
      'write one entry for each',
    )
  }
  const required = condition.required === true
  if (required && check === absent)
    throw invalidBody(clause, 'nothing is both absent and required', 'leave `required` out')
  return { at: condition.at, check, required }
}

/** What is required at the top has to be allowed there. */
function checkRequired(clause: string, json: NonNullable<BodyRule['json']>): void {
  const { keys, where = [] } = json
  if (keys === undefined) return
  for (const [index, { at, required }] of where.entries()) {
    const first = readPattern(at)[0]
    if (required !== true || first?.kind !== 'key' || keys.includes(first.exact)) continue
    throw invalidBody(
      `${clause}.where[${index}]`,
      'it requires a key that `keys` leaves out',
      'add the key to `keys`',
    )
  }
}

/** @throws SandboxError `POLICY_INVALID` */
export function compileJson(clause: string, json: NonNullable<BodyRule['json']>): CompiledJson {
  const where = json.where ?? []
  const conditions = where.map((one, index) => compileCondition(`${clause}.where[${index}]`, one))
  checkRequired(clause, json)
  return {
    top: json.keys === undefined ? null : onlyKeys(json.keys),
    conditions,
    patterns: new PatternSet(conditions.map(({ at }) => readPattern(at))),
  }
}
