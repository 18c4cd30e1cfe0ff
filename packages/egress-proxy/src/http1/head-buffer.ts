import { MessageFault } from './message-fault.ts'

/** How much of a head is taken. */
export interface HeadBounds {
  readonly headerLines: number
  readonly headerBytes: number
}

const lineFeed = 0x0a
const carriageReturn = 0x0d

/**
 * Finds the end of a head (lines and an empty line) in bytes that come in any pieces. Each byte is
 * looked at once; a head that comes in one piece is not copied.
 */
export class HeadBuffer {
  readonly #bounds: HeadBounds
  #stored: Buffer | null = null
  #bytes = 0
  #lines = 0
  #lineBytes = 0
  #previous = 0

  constructor(bounds: HeadBounds) {
    this.#bounds = bounds
  }

  /** Whether a part of a head is waiting for the rest. */
  get isPartial(): boolean {
    return this.#bytes > 0
  }

  /** The head with its empty line, and where in `chunk` it ended; `null` when more is needed. */
  take(chunk: Buffer): { readonly text: string; readonly end: number } | null {
    const end = this.#endIn(chunk)
    if (end === -1) {
      this.#store(chunk)
      return null
    }
    const text = this.#stored === null ? chunk.toString('latin1', 0, end) : this.#joined(chunk, end)
    this.#reset()
    return { text, end }
  }

  #endIn(chunk: Buffer): number {
    let previous = this.#previous
    let lineBytes = this.#lineBytes
    const most = Math.min(chunk.length, this.#bounds.headerBytes - this.#bytes)
    for (let at = 0; at < most; at++) {
      const octet = chunk[at] ?? 0
      if (octet === lineFeed) {
        if (previous !== carriageReturn) throw new MessageFault('A line ends without CR.')
        if (lineBytes === 1) return at + 1
        this.#countLine()
        lineBytes = 0
      } else {
        lineBytes++
      }
      previous = octet
    }
    if (most < chunk.length) throw new MessageFault('The header is too large.', 431)
    this.#previous = previous
    this.#lineBytes = lineBytes
    return -1
  }

  #countLine(): void {
    // The start line is not one of the header's.
    if (++this.#lines > this.#bounds.headerLines + 1) {
      throw new MessageFault('The header has too many lines.', 431)
    }
  }

  #store(chunk: Buffer): void {
    const bytes = this.#bytes + chunk.length
    if (this.#stored === null || this.#stored.length < bytes) {
      const grown = Buffer.allocUnsafe(Math.max(1024, bytes * 2))
      this.#stored?.copy(grown, 0, 0, this.#bytes)
      this.#stored = grown
    }
    chunk.copy(this.#stored, this.#bytes)
    this.#bytes = bytes
  }

  #joined(chunk: Buffer, end: number): string {
    this.#store(chunk.subarray(0, end))
    return this.#stored?.toString('latin1', 0, this.#bytes) ?? ''
  }

  #reset(): void {
    this.#stored = null
    this.#bytes = 0
    this.#lines = 0
    this.#lineBytes = 0
    this.#previous = 0
  }
}
