/** Allows `perSecond` on average and as many at once; time is given, so that nothing ticks. */
export class TokenBucket {
  #perSecond: number
  #tokens: number
  #at: number

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond
    this.#tokens = perSecond
    this.#at = nowMs
  }

  /** A newer rate; what was saved up is cut to it. */
  set perSecond(perSecond: number) {
    this.#perSecond = perSecond
    this.#tokens = Math.min(this.#tokens, perSecond)
  }

  /** Takes one, if there is one. */
  take(nowMs: number): boolean {
    // A clock that steps back gives nothing, and nothing twice when it comes forward again.
    const at = Math.max(this.#at, nowMs)
    const passedMs = at - this.#at
    this.#at = at
    this.#tokens = Math.min(this.#perSecond, this.#tokens + (passedMs / 1000) * this.#perSecond)
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}
