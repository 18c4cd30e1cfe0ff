import type { Policy, PolicyFinding } from '@caisson/core'
import { checkNames } from '../known-options.ts'
import { addressFindings } from './address-findings.ts'
import { type Audited, type AuditedRule, auditedPolicy } from './audited-rule.ts'
import { byWeight, type Found, found } from './found.ts'
import { policyFindings } from './policy-shapes.ts'
import { Reach } from './reach.ts'
import { type RegistryHosts, registryKinds } from './registry-kind.ts'
import { type RuleAudit, rowFindings } from './row-findings.ts'
import { RowIndex } from './row-index.ts'
import { shapeFindings } from './rule-shapes.ts'

/** For {@link auditPolicy}. */
export interface AuditOptions {
  /** Hosts of package registries, by kind; default: none is known, and their rows are not looked at. */
  readonly registries?: RegistryHosts | undefined
}

/** @throws TypeError for a kind that is none: its hosts would be looked at by nobody */
function checkRegistries(registries: RegistryHosts): void {
  const known: readonly string[] = registryKinds
  const stranger = Object.keys(registries).find((kind) => !known.includes(kind))
  if (stranger === undefined) return
  const name = JSON.stringify(stranger.slice(0, 64))
  throw new TypeError(
    `auditPolicy: registries: unknown kind ${name}; known are ${known.join(', ')}`,
  )
}

/** Requests that are judged at most: what a policy of some thousand rules needs. */
const mostProbes = 400_000
const mostFindings = 2000
const unknownRegistries: RegistryHosts = Object.freeze({})

function refusedFinding(fault: unknown): Found {
  const message = fault instanceof Error ? fault.message : 'it cannot be read'
  return found({
    id: 'policy-refused',
    order: 0,
    severity: 'high',
    clause: /^[a-z][A-Za-z0-9.[\]]{0,200}(?=:)/.exec(message)?.[0] ?? 'network',
    place: 0,
    title: 'The proxy does not take this policy',
    how: `Nothing leaves by it, and nothing about it could be judged: ${message}`,
    remedy: 'put that clause right, and look again',
    tags: [],
  })
}

function unfinishedFinding(id: 'too-much-to-judge' | 'more-findings', how: string): Found {
  return found({
    id,
    order: -1,
    severity: id === 'more-findings' ? 'info' : 'high',
    clause: 'network.allow',
    place: 0,
    title: 'Not all of the policy was looked at, or told',
    how,
    remedy: 'write fewer rules: what nobody can read through, nobody has judged',
    tags: [],
  })
}

/** Other tunnels to the same host stay when one becomes a rule that reads, and the two contradict each other. */
function twins(rules: readonly AuditedRule[]): RuleAudit['hasTwin'] {
  const counts = new Map<string, number>()
  for (const { isOpaque, rule } of rules) {
    if (isOpaque) counts.set(rule.host, (counts.get(rule.host) ?? 0) + 1)
  }
  return ({ rule }) => (counts.get(rule.host) ?? 0) > 1
}

function findAll(audited: Audited, registries: RegistryHosts): readonly Found[] {
  const { policy, network, rules } = audited
  const reach = new Reach(audited.deny, mostProbes)
  const rows = new RowIndex(registries)
  const audit: RuleAudit = { policy, reach, hasTwin: twins(rules) }
  const { allow = [], deny = [] } = network.addresses ?? {}
  const all = [
    ...rules.flatMap((rule) => {
      const matches = rows.find({ host: rule.rule.host, isOpaque: rule.isOpaque })
      return [...rowFindings(audit, rule, matches), ...shapeFindings(audit, rule, matches)]
    }),
    ...addressFindings(allow, deny),
    ...policyFindings(audited),
  ]
  if (reach.isComplete) return all
  const how = `The policy has so many rules that only the first were judged by every row of the catalogue (${mostProbes} requests).`
  return [...all, unfinishedFinding('too-much-to-judge', how)]
}

function judged(policy: Policy, registries: RegistryHosts): readonly Found[] {
  let audited: Audited
  try {
    audited = auditedPolicy(policy)
  } catch (fault) {
    return [refusedFinding(fault)]
  }
  return findAll(audited, registries)
}

/**
 * Says what somebody inside could do under a policy: every row of a catalogue of ways by which data leaves through
 * trusted names is held against it, by the judge that the proxy itself uses. Pure, and the same for the
 * same arguments. It knows the services that it knows: nothing found is no proof.
 *
 * @param policy Parsed.
 * @returns Worst first, then in the order of the catalogue and of the policy; frozen. At most 2000, and one more
 * that says so. A policy that the proxy refuses has one finding, `policy-refused`.
 * @throws TypeError for options that are none; never for a policy
 */
export function auditPolicy(policy: Policy, options: AuditOptions = {}): readonly PolicyFinding[] {
  checkNames('auditPolicy', options, { registries: true })
  const registries = options.registries ?? unknownRegistries
  checkRegistries(registries)
  const all = judged(policy, registries).toSorted(byWeight)
  const kept = all.slice(0, mostFindings)
  if (all.length > mostFindings) {
    const how = `There are ${all.length} findings; the ${mostFindings} worst are told.`
    kept.push(unfinishedFinding('more-findings', how))
  }
  return Object.freeze(kept.map(({ finding }) => finding))
}
