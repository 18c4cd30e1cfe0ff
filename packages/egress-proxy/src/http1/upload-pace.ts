const graceMs = 30_000

/** Holds a body to a least speed and a longest silence. Time in which nobody wanted to read does not count. */
export class UploadPace {
  readonly #bytesPerSecond: number
  readonly #idleMs: number
  #last: number
  #readingMs = 0
  #silentMs = 0
  #bytes = 0
  #hasMoved = false

  constructor(bounds: { readonly bytesPerSecond: number; readonly idleMs: number }, now: number) {
    this.#bytesPerSecond = bounds.bytesPerSecond
    this.#idleMs = bounds.idleMs
    this.#last = now
  }

  moved(bytes: number): void {
    this.#bytes += bytes
    this.#hasMoved = true
  }

  /** Told at each change between reading and not, and when looking: what the time until now was. */
  passed(now: number, wasReading: boolean): void {
    if (this.#hasMoved) this.#silentMs = 0
    else if (wasReading) this.#silentMs += now - this.#last
    if (wasReading) this.#readingMs += now - this.#last
    this.#hasMoved = false
    this.#last = now
  }

  get isTooSlow(): boolean {
    if (this.#silentMs > this.#idleMs) return true
    if (this.#readingMs <= graceMs) return false
    return this.#bytes * 1000 < this.#bytesPerSecond * this.#readingMs
  }
}
