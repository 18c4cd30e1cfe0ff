import { JsonNumber, type JsonValue } from './body-view.ts'
import { foldKey, type PatternPart } from './json-pattern.ts'

/** Something that a pattern found. */
export interface Found {
  /** Which of the patterns. */
  readonly pattern: number
  readonly value: JsonValue
  /** Every key on the way is spelt as in the pattern. */
  readonly exact: boolean
  /** Keys and indexes on the way; valid only during the call. */
  readonly path: readonly string[]
}

/** Takes what is found; `false` ends the search. */
export type Visit = (found: Found) => boolean

/** One place in one pattern: how far a path has come in it. */
interface State {
  readonly pattern: number
  /** `null` behind the last part. */
  readonly part: PatternPart | null
}

/** Patterns that are looked for all at once, in one walk over a document. */
export class PatternSet {
  readonly #states: readonly State[]
  readonly #starts: readonly number[]

  constructor(patterns: readonly (readonly PatternPart[])[]) {
    const states: State[] = []
    const starts: number[] = []
    for (const [pattern, parts] of patterns.entries()) {
      starts.push(states.length)
      for (const part of parts) states.push({ pattern, part })
      states.push({ pattern, part: null })
    }
    this.#states = states
    this.#starts = starts
  }

  /** Shows `visit` every value that a pattern finds, each once for a pattern and spelling. */
  search(document: JsonValue, visit: Visit): void {
    const walk = new Walk(this.#states, visit)
    walk.start(document, this.#starts)
  }
}

/**
 * One walk. The places that a path has come to are a set, each twice at most (spelt exactly, or not), so
 * that `**` costs as much as any other part: values times places, whatever the document.
 */
class Walk {
  readonly #states: readonly State[]
  readonly #visit: Visit
  readonly #path: string[] = []
  /** By place and spelling: the round in which it was entered last. */
  readonly #entered: Uint32Array
  #round = 0

  constructor(states: readonly State[], visit: Visit) {
    this.#states = states
    this.#visit = visit
    this.#entered = new Uint32Array(states.length * 2)
  }

  start(document: JsonValue, starts: readonly number[]): void {
    this.#round += 1
    const places: number[] = []
    for (const start of starts) this.#enter(places, start * 2)
    this.#value(document, places)
  }

  /** A place is a state, doubled, and 1 for a path that is not spelt exactly. */
  #enter(places: number[], place: number): void {
    if (this.#entered[place] === this.#round) return
    this.#entered[place] = this.#round
    places.push(place)
    if (this.#states[place >> 1]?.part?.kind === 'deep') this.#enter(places, place + 2)
  }

  #value(value: JsonValue, places: readonly number[]): boolean {
    for (const place of places) {
      const state = this.#states[place >> 1]
      if (state === undefined || state.part !== null) continue
      const exact = (place & 1) === 0
      if (!this.#visit({ pattern: state.pattern, value, exact, path: this.#path })) return false
    }
    if (value === null || typeof value !== 'object' || value instanceof JsonNumber) return true
    return this.#members(value, places)
  }

  #members(
    value: readonly JsonValue[] | ReadonlyMap<string, JsonValue>,
    places: readonly number[],
  ): boolean {
    if (!places.some((place) => this.#states[place >> 1]?.part !== null)) return true
    for (const [key, member] of value.entries()) {
      const name = String(key)
      const next = this.#step(places, name)
      if (next.length === 0) continue
      this.#path.push(name)
      if (!this.#value(member, next)) return false
      this.#path.pop()
    }
    return true
  }

  /** The places after one more key. */
  #step(places: readonly number[], key: string): readonly number[] {
    this.#round += 1
    const next: number[] = []
    const folded = foldKey(key)
    for (const place of places) {
      const part = this.#states[place >> 1]?.part ?? null
      if (part === null) continue
      if (part.kind === 'deep') this.#enter(next, place)
      else if (part.kind === 'any') this.#enter(next, place + 2)
      else if (part.exact === key) this.#enter(next, place + 2)
      else if (part.folded === folded) this.#enter(next, (place + 2) | 1)
    }
    return next
  }
}
