const slots = 16

/**
 * A sum over the last so many milliseconds, in sixteen slots: what was added leaves it between one window
 * and a sixteenth more afterwards, never earlier. When the window changes, all that is still in it counts
 * as added just then: a newer policy makes nobody forget.
 */
export class WindowSum {
  readonly #slots = new Float64Array(slots + 1)
  #windowMs = 0
  #latestMs = 0
  #first = 0
  #sum = 0

  /** The sum as of now. */
  at(nowMs: number, windowMs: number): number {
    this.#advance(nowMs, windowMs)
    return this.#sum
  }

  /** Adds to it. */
  add(amount: number, nowMs: number, windowMs: number): void {
    this.#advance(nowMs, windowMs)
    this.#put(amount)
    this.#sum += amount
  }

  #advance(nowMs: number, windowMs: number): void {
    // A clock that steps back forgets nothing.
    this.#latestMs = Math.max(this.#latestMs, nowMs)
    const slot = Math.floor(this.#latestMs / (windowMs / slots))
    if (windowMs !== this.#windowMs) this.#change(slot, windowMs)
    const steps = Math.min(slot - this.#first, slots + 1)
    for (let step = steps; step > 0; step -= 1) {
      const cleared = (slot - step + 1) % (slots + 1)
      this.#sum -= this.#slots[cleared] ?? 0
      this.#slots[cleared] = 0
    }
    if (steps > 0) this.#first = slot
  }

  #change(slot: number, windowMs: number): void {
    this.#windowMs = windowMs
    this.#slots.fill(0)
    this.#first = slot
    this.#put(this.#sum)
  }

  #put(amount: number): void {
    const slot = this.#first % (slots + 1)
    this.#slots[slot] = (this.#slots[slot] ?? 0) + amount
  }
}
