import type { BodyDecoder, DecodedBody } from './body-decoder.ts'
import { HeadBuffer } from './head-buffer.ts'
import type { HeadBounds } from './head-buffer.ts'
import { MessageFault } from './message-fault.ts'
import { readTrailers } from './trailer-block.ts'

/** What the next octet belongs to. */
type Part = 'size' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | 'trailers' | 'over'

const carriageReturn = 0x0d
const lineFeed = 0x0a
const mostDigits = 16

/**
 * RFC 9112, 7.1, in its one spelling: a size of one to sixteen hexadecimal digits and CRLF. Extensions
 * are refused: nothing uses them, and readers disagree about where they end.
 */
export class ChunkedDecoder implements BodyDecoder {
  readonly #bounds: HeadBounds
  #part: Part = 'size'
  #size = 0
  #digits = 0
  #trailers: HeadBuffer | null = null

  constructor(bounds: HeadBounds) {
    this.#bounds = bounds
  }

  take(chunk: Buffer, body: DecodedBody): number {
    let at = 0
    while (at < chunk.length && this.#part !== 'over') {
      if (this.#part === 'data') at += this.#takeData(chunk, at, body)
      else if (this.#part === 'trailers') at += this.#takeTrailers(chunk.subarray(at), body)
      else this.#takeFraming(chunk[at++] ?? 0)
    }
    return at
  }

  close(): void {
    throw new MessageFault('The connection ended within a body.')
  }

  #takeData(chunk: Buffer, at: number, body: DecodedBody): number {
    const taken = Math.min(chunk.length - at, this.#size)
    this.#size -= taken
    if (this.#size === 0) this.#part = 'data-cr'
    body.data(chunk.subarray(at, at + taken))
    return taken
  }

  #takeFraming(octet: number): void {
    if (this.#part === 'size') this.#takeSize(octet)
    else if (this.#part === 'data-cr') this.#expect(octet, carriageReturn, 'data-lf')
    else if (this.#part === 'data-lf') {
      this.#expect(octet, lineFeed, 'size')
      this.#digits = 0
      this.#size = 0
    } else this.#expect(octet, lineFeed, this.#size === 0 ? 'trailers' : 'data')
  }

  #takeSize(octet: number): void {
    if (octet === carriageReturn && this.#digits > 0) {
      this.#part = 'size-lf'
      return
    }
    const digit = hexDigit(octet)
    if (digit === -1 || ++this.#digits > mostDigits) {
      throw new MessageFault('A chunk size is malformed.')
    }
    this.#size = this.#size * 16 + digit
    if (this.#size > Number.MAX_SAFE_INTEGER) throw new MessageFault('A chunk is too large.')
  }

  #expect(octet: number, wanted: number, next: Part): void {
    if (octet !== wanted) throw new MessageFault('A chunk does not end with CRLF.')
    this.#part = next
  }

  #takeTrailers(chunk: Buffer, body: DecodedBody): number {
    this.#trailers ??= new HeadBuffer(this.#bounds)
    const block = this.#trailers.take(chunk)
    if (block === null) return chunk.length
    this.#part = 'over'
    body.end(readTrailers(block.text))
    return block.end
  }
}

function hexDigit(octet: number): number {
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30
  const letter = octet | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}
