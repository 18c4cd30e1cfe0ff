import { componentMatches } from './glob.ts'
import type { PathRule } from './types.ts'

/** A place in the glob of one rule of the list. */
interface Position {
  readonly rule: number
  readonly at: number
}

/** Where the rules stand after some names, and what the next name does. */
export interface RuleState {
  /** Rules that match what was walked to, by their index, rising. */
  readonly matched: readonly number[]
  /** The first rule that could match something below, and not at any depth anyway; -1 when none. */
  readonly leading: number
  /** Positions that any name leads to. */
  readonly always: readonly Position[]
  readonly byName: ReadonlyMap<string, readonly Position[]>
  readonly byPattern: ReadonlyMap<string, readonly Position[]>
}

/** More states than a policy and its files have; names made to bring about others start anew. */
const mostStates = 4096

/**
 * A list of rules, to be held against many paths. Matching each rule against each path takes seconds for
 * the trees that a sandbox can make: here a name costs one look-up, and what the rules have in common is
 * worked out once.
 */
export class RuleIndex {
  readonly start: RuleState
  readonly #rules: readonly PathRule[]
  readonly #states = new Map<string, RuleState>()
  readonly #ways = new Map<RuleState, Map<string, RuleState>>()

  constructor(rules: readonly PathRule[]) {
    this.#rules = rules
    this.start = this.#stateOf(rules.map((_, rule) => ({ rule, at: 0 })))
  }

  /** The rule of an index, as `matched` and `leading` give it. */
  rule(index: number): PathRule | undefined {
    return this.#rules[index]
  }

  /** The state one name further down. */
  enter(state: RuleState, name: string): RuleState {
    const isNamed = state.byName.has(name)
    const patterns = [...state.byPattern.keys()].filter((one) => componentMatches(one, name))
    // Names that the same components take are one way, however many there are of them.
    const way = [isNamed ? name : '', ...patterns].join('/')
    const known = this.#ways.get(state)?.get(way)
    if (known !== undefined) return known
    const named = state.byName.get(name) ?? []
    const fitting = patterns.flatMap((one) => state.byPattern.get(one) ?? [])
    const made = this.#stateOf([...state.always, ...named, ...fitting])
    const ways = this.#ways.get(state) ?? new Map<string, RuleState>()
    this.#ways.set(state, ways.set(way, made))
    return made
  }

  /** The state that these positions make, with what `**` reaches without a name. */
  #stateOf(given: readonly Position[]): RuleState {
    const reached = new Map<string, Position>()
    const pending = [...given]
    for (let one = pending.pop(); one !== undefined; one = pending.pop()) {
      reached.set(`${one.rule}:${one.at}`, one)
      if (this.#component(one) === '**') pending.push({ rule: one.rule, at: one.at + 1 })
    }
    const key = [...reached.keys()].toSorted().join(' ')
    const known = this.#states.get(key)
    if (known !== undefined) return known
    if (this.#states.size >= mostStates) this.#forget()
    const made = this.#make([...reached.values()], (one) => reached.has(`${one.rule}:${one.at}`))
    this.#states.set(key, made)
    return made
  }

  #make(positions: readonly Position[], has: (one: Position) => boolean): RuleState {
    const byName = new Map<string, Position[]>()
    const byPattern = new Map<string, Position[]>()
    const open = positions.filter((one) => this.#component(one) !== undefined)
    for (const one of open) {
      const component = this.#component(one) ?? '**'
      if (component === '**') continue
      const ways = /[*?]/.test(component) ? byPattern : byName
      ways.set(component, [...(ways.get(component) ?? []), { rule: one.rule, at: one.at + 1 }])
    }
    const leading = open.filter((one) => this.#leads(one, has)).map(({ rule }) => rule)
    return {
      matched: positions
        .filter((one) => this.#component(one) === undefined)
        .map(({ rule }) => rule)
        .toSorted((a, b) => a - b),
      leading: leading.length === 0 ? -1 : Math.min(...leading),
      always: open.filter((one) => this.#component(one) === '**'),
      byName,
      byPattern,
    }
  }

  #forget(): void {
    this.#states.clear()
    this.#ways.clear()
  }

  /** Whether a position says more than the `**` that it stands at, or just behind. */
  #leads({ rule, at }: Position, has: (one: Position) => boolean): boolean {
    if (at === 0) return this.#component({ rule, at }) !== '**'
    const before = { rule, at: at - 1 }
    return !(this.#component(before) === '**' && has(before))
  }

  #component({ rule, at }: Position): string | undefined {
    return this.#rules[rule]?.components[at]
  }
}
