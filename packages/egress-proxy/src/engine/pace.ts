import { setTimeout } from 'node:timers/promises'

/** Longer than this nobody is kept waiting. */
const longestMs = 10_000

/**
 * Spreads what comes in a flood over time: as many at once as each second allows, then one after the other.
 * Whoever waits for its turn asks for nothing more meanwhile, so that the flood slows down by itself.
 */
export class Pace {
  readonly #intervalMs: number
  readonly #burstMs: number
  readonly #now: () => number
  #nextMs = Number.NEGATIVE_INFINITY

  constructor(perSecond: number, now: () => number) {
    this.#intervalMs = 1000 / perSecond
    this.#burstMs = 1000
    this.#now = now
  }

  /** How long it is until the next turn, which is taken by that; `null` when too many wait. */
  next(): number | null {
    const nowMs = this.#now()
    const atMs = Math.max(this.#nextMs, nowMs - this.#burstMs) + this.#intervalMs
    const waitMs = Math.max(0, atMs - nowMs)
    if (waitMs > longestMs) return null
    this.#nextMs = atMs
    return waitMs
  }

  /** Waits for its turn; `false`, at once, when too many wait. */
  async turn(): Promise<boolean> {
    const waitMs = this.next()
    if (waitMs === null) return false
    if (waitMs > 0) await setTimeout(waitMs, undefined, { ref: false })
    return true
  }
}
