import type { AllowRule, NetworkPolicy, Policy } from '@caisson/core'
import { type CompiledPolicy, compilePolicy } from '../decide/policy.ts'
import type { Identities } from '../identity/identities.ts'
import { identitySlots } from './identity-slots.ts'

/** A rule of a policy, judged by itself: rules are a union, so that what one allows, the policy does. */
export interface AuditedRule {
  /** `network.allow[2]`. */
  readonly clause: string
  readonly list: 'allow' | 'ask'
  readonly index: number
  readonly rule: AllowRule
  /** A policy of this rule alone. */
  readonly compiled: CompiledPolicy
  readonly ports: readonly number[]
  readonly isOpaque: boolean
  readonly isWild: boolean
  /** The credential that it names, or `null`. */
  readonly credential: string | null
}

/** What is looked at. */
export interface Audited {
  readonly policy: Policy
  readonly network: NetworkPolicy
  readonly rules: readonly AuditedRule[]
  /** A policy that only refuses; `null` when nothing is refused. */
  readonly deny: CompiledPolicy | null
}

type Compile = (network: NetworkPolicy, version: number, identities: Identities) => CompiledPolicy

const compileAs: Compile = compilePolicy

function compile(network: NetworkPolicy, identities: Identities): CompiledPolicy {
  return compileAs(network, 0, identities)
}

function auditedRule(
  at: { readonly list: 'allow' | 'ask'; readonly index: number },
  given: string | AllowRule,
  identities: Identities,
): AuditedRule {
  const rule: AllowRule = typeof given === 'string' ? { host: given } : given
  const { host, identity = 'anonymous' } = rule
  const usual = rule.protocol === 'http-plain' ? 80 : 443
  return {
    ...at,
    clause: `network.${at.list}[${at.index}]`,
    rule,
    compiled: compile({ allow: [rule] }, identities),
    ports: rule.ports ?? [usual],
    isOpaque: rule.tunnel === true || rule.protocol === 'tcp',
    isWild: host.startsWith('*.'),
    credential: identity === 'anonymous' || identity === 'guest' ? null : identity,
  }
}

/**
 * Takes a policy apart by means of the judge that the proxy uses.
 *
 * @throws SandboxError for a policy that the proxy would not take
 */
export function auditedPolicy(policy: Policy): Audited {
  const network = policy.network ?? {}
  const identities = identitySlots(policy)
  compile(network, identities)
  const rules = (['allow', 'ask'] as const).flatMap((list) =>
    (network[list] ?? []).map((rule, index) => auditedRule({ list, index }, rule, identities)),
  )
  const { deny = [] } = network
  return { policy, network, rules, deny: deny.length === 0 ? null : compile({ deny }, identities) }
}
