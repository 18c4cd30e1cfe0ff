/** Something that must make progress. */
export interface Deadline {
  /** It did: the time starts anew. */
  touch(): void
  /** It ended; nobody is told any more. Idempotent. */
  done(): void
}

interface Entry {
  readonly allowedMs: number
  lateAt: number
  readonly onLate: () => void
}

const everyMs = 250

/**
 * Times of many exchanges with one timer: a timer for each would cost more than the exchange. Late is told
 * up to a quarter of a second late.
 */
export class Deadlines {
  readonly #now: () => number
  readonly #entries = new Set<Entry>()
  #timer: NodeJS.Timeout | null = null

  constructor(now: () => number) {
    this.#now = now
  }

  /** Calls back once when `touch` was not called for so long. */
  start(allowedMs: number, onLate: () => void): Deadline {
    const entry: Entry = { allowedMs, lateAt: this.#now() + allowedMs, onLate }
    this.#entries.add(entry)
    this.#timer ??= setInterval(() => this.#look(), everyMs).unref()
    return {
      touch: () => {
        entry.lateAt = this.#now() + allowedMs
      },
      done: () => void this.#entries.delete(entry),
    }
  }

  /** Forgets everything. */
  close(): void {
    this.#entries.clear()
    this.#stop()
  }

  #look(): void {
    const now = this.#now()
    for (const entry of this.#entries) {
      if (entry.lateAt > now) continue
      this.#entries.delete(entry)
      entry.onLate()
    }
    if (this.#entries.size === 0) this.#stop()
  }

  #stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }
}
