import type { CompiledRule } from './compiled-rule.ts'
import type { Decision } from './decision.ts'
import type { HandlingSet } from './handlings.ts'
import { type PathNode, pathNode, plant, type Ranked } from './path-trie.ts'
import { type PathTemplate } from './path-template.ts'

/** Stands for every port. */
export const anyPort = 0

/** One way for a rule to match: by one of its templates, or by any path. */
export interface Entry<R extends CompiledRule> extends Ranked {
  readonly rule: R
  /** What is answered when it matches a request. Shared, so that allowing allocates little. */
  readonly decision: Decision
  /** The same for a request whose body has to be read first. */
  readonly withBody: Decision
}

/** What rules say about connections to one port. */
export interface Reach<R extends CompiledRule> {
  /** The first of them. */
  readonly entry: Entry<R>
  readonly handling: HandlingSet
}

/** The rules of one host pattern in one list. */
export interface HostRules<R extends CompiledRule> {
  readonly rules: R[]
  readonly anyPath: Entry<R>[]
  readonly paths: PathNode<Entry<R>>
  readonly reach: Map<number, Reach<R>>
}

export function hostRules<R extends CompiledRule>(): HostRules<R> {
  return { rules: [], anyPath: [], paths: pathNode(), reach: new Map() }
}

/** Adds what matches on a path of the rule; only while a policy is compiled, and in order of rank. */
export function addEntry<R extends CompiledRule>(
  into: HostRules<R>,
  template: PathTemplate | null,
  entry: Entry<R>,
): void {
  if (template === null) into.anyPath.push(entry)
  else plant(into.paths, template, entry)
}

/** Adds what a rule says about connections; only while a policy is compiled, and in order of rank. */
export function addReach<R extends CompiledRule>(into: HostRules<R>, reach: Reach<R>): void {
  for (const port of reach.entry.rule.ports ?? [anyPort]) {
    const known = into.reach.get(port)
    const handling = (known?.handling ?? 0) | reach.handling
    into.reach.set(port, { entry: known?.entry ?? reach.entry, handling })
  }
}
