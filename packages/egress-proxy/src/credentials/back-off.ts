const firstMs = 1000
const longestMs = 30_000

/** How long a source that failed is left alone: a second, and twice as long after each further failure. */
export class BackOff {
  #until = Number.NEGATIVE_INFINITY
  #nextMs = firstMs

  isOver(now: number): boolean {
    // A clock that was set back must not make a moment last for hours.
    return now >= this.#until || this.#until - now > longestMs
  }

  failed(now: number): void {
    this.#until = now + this.#nextMs
    this.#nextMs = Math.min(this.#nextMs * 2, longestMs)
  }

  reset(): void {
    this.#until = Number.NEGATIVE_INFINITY
    this.#nextMs = firstMs
  }
}
