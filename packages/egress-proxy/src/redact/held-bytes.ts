import type { Label } from './label.ts'

interface Span {
  readonly from: number
  to: number
  readonly label: Label
}

const nothing: Buffer = Buffer.alloc(0)

/**
 * A stream of which the last bytes may have to wait, and in which stretches are overwritten before they go
 * on. Places count from the start of the stream. What waits is kept in one buffer that grows by doubling, so
 * that a stream in single bytes costs no more than one in large chunks; what need not wait is not copied.
 */
export class HeldBytes {
  #held: Buffer = nothing
  #from = 0
  #to = 0
  /** Place in the stream of the first byte that waits, or of the next to come. */
  #start = 0
  #spans: Span[] = []

  /** Place of the next byte that `push` brings. */
  get end(): number {
    return this.#start + this.#to - this.#from
  }

  /** What waits, as it came. Valid until the next `push`. */
  get waiting(): Uint8Array {
    return this.#held.subarray(this.#from, this.#to)
  }

  /** Overwrites bytes that wait, or come with the next `push`. */
  cover(from: number, to: number, label: Label): void {
    const last = this.#spans.at(-1)
    // What overlaps is one stretch, so that no byte is written twice for a text that is full of itself.
    const isMore = last !== undefined && last.label === label && from >= last.from && from < last.to
    if (isMore) last.to = Math.max(last.to, to)
    else this.#spans.push({ from, to, label })
  }

  /** Takes `chunk` in, and lets everything before the place `until` go. */
  push(chunk: Uint8Array, until: number): Uint8Array[] {
    const middle = this.end
    const released: Uint8Array[] = []
    const first = this.#release(Math.min(until, middle))
    if (first !== null) released.push(first)
    const passed = Math.max(0, until - middle)
    if (passed > 0) {
      this.#start = middle + passed
      const part = passed === chunk.length ? chunk : chunk.subarray(0, passed)
      released.push(this.#covered(part, middle))
    }
    if (passed < chunk.length) this.#keep(passed === 0 ? chunk : chunk.subarray(passed))
    this.#forget()
    return released
  }

  /** Nothing more comes. */
  flush(): Uint8Array[] {
    return this.#from === this.#to ? [] : this.push(nothing, this.end)
  }

  #release(until: number): Uint8Array | null {
    const count = until - this.#start
    if (count <= 0) return null
    // A copy: what is kept is moved about.
    const part = Buffer.from(this.#held.subarray(this.#from, this.#from + count))
    overwrite(part, this.#start, this.#spans)
    this.#held.fill(0, this.#from, this.#from + count)
    this.#from += count
    this.#start += count
    return part
  }

  #covered(part: Uint8Array, place: number): Uint8Array {
    const touched = this.#spans.some(({ from, to }) => from < place + part.length && to > place)
    if (!touched) return part
    // Whoever brought the chunk may still look at it.
    const copy = Buffer.from(part)
    overwrite(copy, place, this.#spans)
    return copy
  }

  #keep(rest: Uint8Array): void {
    const length = this.#to - this.#from
    if (this.#to + rest.length > this.#held.length) {
      const needed = length + rest.length
      const roomy =
        needed * 2 <= this.#held.length ? this.#held : Buffer.alloc(Math.max(64, needed * 2))
      this.#held.copy(roomy, 0, this.#from, this.#to)
      this.#held = roomy
      this.#from = 0
      this.#to = length
    }
    this.#held.set(rest, this.#to)
    this.#to += rest.length
  }

  #forget(): void {
    if (this.#from === this.#to) {
      this.#from = 0
      this.#to = 0
    }
    const { length } = this.#spans
    if (length > 0) this.#spans = this.#spans.filter((span) => span.to > this.#start)
  }
}

function overwrite(part: Uint8Array, place: number, spans: readonly Span[]): void {
  for (const { from, to, label } of spans) {
    const behind = Math.min(to - place, part.length)
    for (let at = Math.max(0, from - place); at < behind; at += 1)
      part[at] = label.at(place + at - from)
  }
}
