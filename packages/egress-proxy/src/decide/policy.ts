import type { NetworkPolicy } from '@caisson/core'
import { type Identities, noIdentities } from '../identity/identities.ts'
import { compileAllow } from './compile-allow.ts'
import { compileDeny } from './compile-deny.ts'
import type { CompiledAllow, CompiledDeny } from './compiled-rule.ts'
import { checkContradictions } from './contradictions.ts'
import { allowedBy, askedBy, deniedBy, needsOfRule } from './decisions.ts'
import { handlingBit, needsOf, noHandling } from './handlings.ts'
import { HostIndex } from './host-index.ts'
import { addEntry, addReach, type HostRules, hostRules } from './host-rules.ts'
import { NameNeighbours } from './name-neighbours.ts'
import { deniedTemplate } from './path-template.ts'
import { isBare, type PathNode } from './path-trie.ts'

/** A host pattern that some rule of `allow` or `ask` holds. */
export interface NamedHost {
  /** As in the policy: `api.a.test`, or `*.a.test`. */
  readonly pattern: string
  readonly wildcard: boolean
  /** Rising. */
  readonly ports: readonly number[]
}

/** A network policy made ready for judging. Never changes: a newer policy is another one. */
export interface CompiledPolicy {
  readonly version: number
  readonly observe: boolean
  /** @internal */
  readonly allow: HostIndex<HostRules<CompiledAllow>>
  /** @internal */
  readonly ask: HostIndex<HostRules<CompiledAllow>>
  /** @internal */
  readonly deny: HostIndex<HostRules<CompiledDeny>>
  /** @internal */
  readonly named: readonly NamedHost[]
  /** @internal */
  readonly neighbours: NameNeighbours
  /** @internal */
  readonly identities: Identities
}

function indexAllow(
  rules: readonly CompiledAllow[],
  verdict: 'allow' | 'ask',
): HostIndex<HostRules<CompiledAllow>> {
  const index = new HostIndex<HostRules<CompiledAllow>>(hostRules)
  let rank = 0
  for (const rule of rules) {
    const into = index.at(rule.host)
    const handling = handlingBit(rule.handling)
    const by = verdict === 'allow' ? allowedBy : askedBy
    const connection = by(rule, null, needsOf(handling))
    into.rules.push(rule)
    const entry = { rank, rule, decision: connection, withBody: connection }
    addReach(into, { entry, handling })
    const needs = needsOfRule(rule)
    for (const template of rule.templates ?? [null]) {
      const text = template?.text ?? null
      const decision = by(rule, text, needs.plain)
      const withBody = rule.alwaysBody ? decision : by(rule, text, needs.read)
      addEntry(into, template, { rank, rule, decision, withBody })
      rank += 1
    }
  }
  return index
}

function indexDeny(rules: readonly CompiledDeny[]): HostIndex<HostRules<CompiledDeny>> {
  const index = new HostIndex<HostRules<CompiledDeny>>(hostRules)
  let rank = 0
  for (const rule of rules) {
    const into = index.at(rule.host)
    into.rules.push(rule)
    if (rule.whole) {
      const decision = deniedBy(rule, null)
      addReach(into, {
        entry: { rank, rule, decision, withBody: decision },
        handling: noHandling,
      })
    }
    for (const template of rule.templates ?? [null]) {
      const decision = deniedBy(rule, template?.text ?? null)
      const form = template === null ? null : deniedTemplate(template)
      addEntry(into, form, { rank, rule, decision, withBody: decision })
      rank += 1
    }
  }
  return index
}

function nameHosts(rules: readonly CompiledAllow[]): readonly NamedHost[] {
  const found = new Map<string, Set<number>>()
  for (const { host, ports } of rules) {
    const known = found.get(host) ?? new Set()
    for (const port of ports) known.add(port)
    found.set(host, known)
  }
  return Object.freeze(
    [...found].map(([pattern, ports]) =>
      Object.freeze({
        pattern,
        wildcard: pattern.startsWith('*.'),
        ports: Object.freeze([...ports].sort((a, b) => a - b)),
      }),
    ),
  )
}

/**
 * Makes a parsed network policy ready for judging.
 *
 * @param version Told in every decision that is recorded; rising with each newer policy.
 * @param identities The credentials that rules may name.
 * @throws SandboxError `POLICY_INVALID` for rules that contradict each other or could never hold. The
 * message begins with the clause.
 */
export function compilePolicy(
  network: NetworkPolicy,
  version: number,
  identities: Identities = noIdentities,
): CompiledPolicy {
  const dummies = dummiesOf(identities)
  const known = { identities, dummies }
  const compile = (list: 'allow' | 'ask'): readonly CompiledAllow[] =>
    (network[list] ?? []).map((rule, index) =>
      compileAllow(`network.${list}[${index}]`, rule, known),
    )
  const [allow, ask] = [compile('allow'), compile('ask')]
  const deny = (network.deny ?? []).map((rule, index) =>
    compileDeny(`network.deny[${index}]`, rule),
  )
  checkContradictions([...allow, ...ask], deny)
  const named = nameHosts([...allow, ...ask])
  return Object.freeze({
    version,
    observe: network.mode === 'observe',
    allow: indexAllow(allow, 'allow'),
    ask: indexAllow(ask, 'ask'),
    deny: indexDeny(deny),
    named,
    neighbours: new NameNeighbours(named.map(({ pattern }) => pattern)),
    identities,
  })
}

/**
 * The host patterns that a policy lets be reached, by itself or by a grant; each once, in the order of the
 * policy. What `deny` takes away again is still there: `decide` says so for each name.
 */
export function namedHosts(policy: CompiledPolicy): readonly NamedHost[] {
  return policy.named
}

/** Shorter ones would be found in anything. */
const shortestDummy = 6

function dummiesOf(identities: Identities): readonly string[] {
  const all = [...identities.values()].map(({ dummy }) => dummy)
  return Object.freeze(all.filter((dummy) => dummy.length >= shortestDummy))
}

/**
 * Whether paths are judged at a host: some rule about it has `paths`, or puts in a credential, with which
 * not every path may be asked for. Its targets must then be canonical in the strict sense, as servers
 * disagree on the rest.
 */
export function judgesPaths(policy: CompiledPolicy, host: string): boolean {
  const has = ({ paths }: { readonly paths: PathNode<unknown> }): boolean => !isBare(paths)
  const injects = ({ rules }: HostRules<CompiledAllow>): boolean =>
    rules.some(({ pin }) => pin.kind === 'credential')
  const open = [...policy.allow.find(host), ...policy.ask.find(host)]
  return open.some((one) => has(one) || injects(one)) || policy.deny.find(host).some(has)
}

/**
 * Whether an escaped slash may stand in a path at a host: some rule of `allow` or `ask` about it spells one.
 * Everywhere else where paths are judged it is refused.
 */
export function spellsSlashes(policy: CompiledPolicy, host: string): boolean {
  const spells = ({ templates }: CompiledAllow): boolean =>
    templates?.some(({ text }) => text.includes('%2F')) === true
  const open = [...policy.allow.find(host), ...policy.ask.find(host)]
  return open.some(({ rules }) => rules.some(spells))
}
