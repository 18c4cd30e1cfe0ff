import type { OutputStream } from '../driver.ts'
import type { DroppedBytes } from '../result.ts'

/** A run of bytes of one stream. */
interface Segment {
  readonly stream: OutputStream
  readonly half: 'beginning' | 'end'
  /** Where it begins, counted in bytes of both streams since the start. */
  start: number
  storage: Uint8Array
  length: number
}

/** Where the kept beginning of a stream ends and its kept end begins. */
interface Retention {
  headLeft: number
  headSegments: number
  /** The newest bytes, oldest segment first. */
  tail: Segment[]
  tailBytes: number
  dropped: number
}

/** A kept run of bytes; not to be changed. */
export interface KeptRun {
  readonly stream: OutputStream
  /** Which half of its stream's allowance it belongs to; dropped bytes lie between them. */
  readonly half: 'beginning' | 'end'
  /** Where it begins, counted in bytes of both streams since the start. */
  readonly start: number
  readonly bytes: Uint8Array
}

/** Small writes are joined up to this size, so that a kept byte costs about a byte. */
const joinUpTo = 64 * 1024
/** A program that alternates between its streams byte by byte makes this many runs, and no more. */
const mostSegments = 32 * 1024

/**
 * The output of a command, bounded: of each stream the beginning and the end are kept, in the order
 * in which both were written. Bytes are copied, so that no larger buffer is kept alive.
 */
export class OutputBuffer {
  readonly #keptBytes: number
  readonly #streams: Record<OutputStream, Retention>
  #order: Segment[] = []
  #dead = 0
  #end = 0

  constructor(keptBytes: number) {
    this.#keptBytes = keptBytes
    this.#streams = { stdout: this.#fresh(), stderr: this.#fresh() }
  }

  /** How many bytes were written, kept or not. */
  get end(): number {
    return this.#end
  }

  get dropped(): DroppedBytes {
    return { stdout: this.#streams.stdout.dropped, stderr: this.#streams.stderr.dropped }
  }

  /** Adds what was written next. */
  add(stream: OutputStream, chunk: Uint8Array): void {
    const kept = this.#streams[stream]
    const forHead = kept.headSegments < mostSegments ? Math.min(kept.headLeft, chunk.length) : 0
    if (forHead > 0) {
      kept.headLeft -= forHead
      if (this.#append(stream, chunk.subarray(0, forHead), null)) kept.headSegments += 1
    }
    const rest = chunk.subarray(forHead)
    if (rest.length === 0) return
    kept.headLeft = 0
    if (this.#append(stream, rest, kept.tail)) this.#compact()
    kept.tailBytes += rest.length
    this.#trim(kept)
  }

  /** The kept runs from `since` on, in order. */
  *runs(since = 0): Generator<KeptRun> {
    for (const { stream, half, start, storage, length } of this.#order) {
      if (length === 0 || start + length <= since) continue
      const skip = Math.max(0, since - start)
      yield { stream, half, start: start + skip, bytes: storage.subarray(skip, length) }
    }
  }

  #fresh(): Retention {
    const headLeft = Math.ceil(this.#keptBytes / 2)
    return { headLeft, headSegments: 0, tail: [], tailBytes: 0, dropped: 0 }
  }

  /** Joins to the newest segment or makes one; says whether it made one. */
  #append(stream: OutputStream, bytes: Uint8Array, tail: Segment[] | null): boolean {
    const last = this.#order.at(-1)
    const sameHalf = tail === null ? true : last !== undefined && tail.at(-1) === last
    if (last?.stream === stream && sameHalf && last.length + bytes.length <= joinUpTo) {
      this.#join(last, bytes)
      return false
    }
    const half = tail === null ? 'beginning' : 'end'
    const made: Segment = {
      stream,
      half,
      start: this.#end,
      storage: bytes.slice(),
      length: bytes.length,
    }
    this.#order.push(made)
    tail?.push(made)
    this.#end += bytes.length
    return true
  }

  #join(segment: Segment, bytes: Uint8Array): void {
    const length = segment.length + bytes.length
    if (length > segment.storage.length) {
      const grown = new Uint8Array(Math.min(joinUpTo, Math.max(length, segment.storage.length * 2)))
      grown.set(segment.storage.subarray(0, segment.length))
      segment.storage = grown
    }
    segment.storage.set(bytes, segment.length)
    segment.length = length
    this.#end += bytes.length
  }

  /** Forgets the oldest bytes of a stream's end, as far as they are too many. */
  #trim(kept: Retention): void {
    const most = Math.floor(this.#keptBytes / 2)
    let whole = 0
    for (const oldest of kept.tail) {
      const excess = kept.tailBytes - most
      if (excess <= 0 && kept.tail.length - whole <= mostSegments) break
      const cut =
        kept.tail.length - whole > mostSegments ? oldest.length : Math.min(excess, oldest.length)
      this.#cut(oldest, cut)
      kept.tailBytes -= cut
      kept.dropped += cut
      if (oldest.length > 0) break
      whole += 1
    }
    if (whole > 0) kept.tail.splice(0, whole)
    this.#dead += whole
  }

  #cut(segment: Segment, bytes: number): void {
    // A view keeps at most one joined run of forgotten bytes alive; a copy for every cut would be slow.
    segment.storage = bytes === segment.length ? new Uint8Array() : segment.storage.subarray(bytes)
    segment.start += bytes
    segment.length -= bytes
  }

  /** Drops emptied segments once they are most of the list, so that adding stays cheap. */
  #compact(): void {
    if (this.#dead < 1024 || this.#dead * 2 < this.#order.length) return
    this.#order = this.#order.filter((segment) => segment.length > 0)
    this.#dead = 0
  }
}
