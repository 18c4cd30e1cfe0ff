/** One moment that can be moved for nothing: the timer behind it is touched only when it comes earlier. */
export class Deadline {
  readonly #onDue: () => void
  #timer: NodeJS.Timeout | null = null
  #due = Infinity
  #armed = Infinity

  constructor(onDue: () => void) {
    this.#onDue = onDue
  }

  set(ms: number): void {
    this.#due = performance.now() + ms
    if (this.#due < this.#armed) this.#arm(ms)
  }

  clear(): void {
    this.#due = Infinity
  }

  /** For good. */
  stop(): void {
    this.#due = Infinity
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#armed = -Infinity
  }

  #arm(ms: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#armed = this.#due
    this.#timer = setTimeout(() => this.#wake(), Math.ceil(ms))
    this.#timer.unref()
  }

  #wake(): void {
    this.#timer = null
    this.#armed = Infinity
    if (this.#due === Infinity) return
    const left = this.#due - performance.now()
    if (left > 0) {
      this.#arm(left)
      return
    }
    this.#due = Infinity
    this.#onDue()
  }
}
