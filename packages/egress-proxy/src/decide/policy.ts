import type { NetworkPolicy } from '@caisson/core'
import { compileAllow } from './compile-allow.ts'
import { compileDeny } from './compile-deny.ts'
import type { CompiledAllow, CompiledDeny } from './compiled-rule.ts'
import { checkContradictions } from './contradictions.ts'
import { allowedBy, askedBy, deniedBy } from './decisions.ts'
import { handlingBit, noHandling } from './handlings.ts'
import { HostIndex } from './host-index.ts'
import { addEntry, addReach, type HostRules, hostRules } from './host-rules.ts'
import { NameNeighbours } from './name-neighbours.ts'
import { fullyEscapedTemplate } from './path-template.ts'
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
    const decide = (template: string | null) =>
      verdict === 'allow' ? allowedBy(rule.clause, template, handling) : askedBy(rule, template)
    into.rules.push(rule)
    addReach(into, { entry: { rank, rule, decision: decide(null) }, handling })
    for (const template of rule.templates ?? [null]) {
      addEntry(into, template, { rank, rule, decision: decide(template?.text ?? null) })
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
      const entry = { rank, rule, decision: deniedBy(rule, null) }
      addReach(into, { entry, handling: noHandling })
    }
    for (const template of rule.templates ?? [null]) {
      const decision = deniedBy(rule, template?.text ?? null)
      const form = template === null ? null : fullyEscapedTemplate(template)
      addEntry(into, form, { rank, rule, decision })
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
 * @throws SandboxError `POLICY_INVALID` for rules that contradict each other or could never hold,
 * `POLICY_UNSUPPORTED` for what this release cannot enforce. The message begins with the clause.
 */
export function compilePolicy(network: NetworkPolicy, version: number): CompiledPolicy {
  const compile = (list: 'allow' | 'ask'): readonly CompiledAllow[] =>
    (network[list] ?? []).map((rule, index) => compileAllow(`network.${list}[${index}]`, rule))
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
  })
}

/**
 * The host patterns that a policy lets be reached, by itself or by a grant; each once, in the order of the
 * policy. What `deny` takes away again is still there: `decide` says so for each name.
 */
export function namedHosts(policy: CompiledPolicy): readonly NamedHost[] {
  return policy.named
}

/**
 * Whether paths are judged at a host: some rule about it has `paths`. Its targets must then be canonical
 * in the strict sense, as servers disagree on the rest.
 */
export function judgesPaths(policy: CompiledPolicy, host: string): boolean {
  const has = ({ paths }: { readonly paths: PathNode<unknown> }): boolean => !isBare(paths)
  return [...policy.allow.find(host), ...policy.ask.find(host), ...policy.deny.find(host)].some(has)
}
