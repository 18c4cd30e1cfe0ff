const slots = 16

/**
 * A sum over the last so many milliseconds, in sixteen slots: what was added leaves it between one window
 * and a sixteenth more afterwards, never earlier.
 */
export class WindowSum {
  readonly #slots = new Float64Array(slots + 1)
  #first = 0
  #sum = 0

  /** The sum as of now. */
  at(nowMs: number, windowMs: number): number {
    this.#advance(Math.floor(nowMs / (windowMs / slots)))
    return this.#sum
  }

  /** Adds to it. */
  add(amount: number, nowMs: number, windowMs: number): void {
    this.#advance(Math.floor(nowMs / (windowMs / slots)))
    const slot = this.#first % (slots + 1)
    this.#slots[slot] = (this.#slots[slot] ?? 0) + amount
    this.#sum += amount
  }

  #advance(slot: number): void {
    const steps = Math.min(slot - this.#first, slots + 1)
    // A clock that steps back, or a wider window, forgets nothing.
    for (let step = steps; step > 0; step -= 1) {
      const cleared = (slot - step + 1) % (slots + 1)
      this.#sum -= this.#slots[cleared] ?? 0
      this.#slots[cleared] = 0
    }
    if (steps > 0) this.#first = slot
  }
}
