import type { FrameHeader } from './frame.ts'
import { bound, channel, frameType, incomingPayload } from './protocol.ts'
import { protocolError } from './protocol-error.ts'

/** Where parsed frames go. Whatever it throws comes out of `push`. */
export interface FrameSink {
  /** A frame that is not DATA, whole. The payload is a view of memory that is not written again. */
  frame(header: FrameHeader, payload: Buffer): void
  /** A piece of a DATA frame: a frame that spans chunks comes in several, which mean the same as several frames. */
  data(header: FrameHeader, piece: Buffer): void
}

const channelTypes: ReadonlySet<number> = new Set([frameType.DATA, frameType.EOF, frameType.WINDOW])
const controlTypes: ReadonlySet<number> = new Set([
  frameType.HELLO,
  frameType.FAIL,
  frameType.PING,
  frameType.LOG,
  frameType.FROZEN,
])

/**
 * Cuts the bytes of the link into frames. Holds at most one payload that is not DATA; DATA passes through in views of the
 * chunks that came, without a copy. The header is checked before anything is stored.
 */
export class FrameParser {
  readonly #sink: FrameSink
  readonly #headerBytes = Buffer.alloc(bound.FRAME_HEADER_BYTES)
  #headerFilled = 0
  #header: FrameHeader | undefined
  #missing = 0
  #payload: Buffer | undefined

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      at = this.#header === undefined ? this.#takeHeader(chunk, at) : this.#takePayload(chunk, at)
    }
  }

  #takeHeader(chunk: Buffer, at: number): number {
    const wanted = bound.FRAME_HEADER_BYTES - this.#headerFilled
    if (this.#headerFilled === 0 && chunk.length - at >= wanted) {
      this.#begin(chunk, at)
      return at + wanted
    }
    const next = Math.min(chunk.length, at + wanted)
    this.#headerFilled += chunk.copy(this.#headerBytes, this.#headerFilled, at, next)
    if (this.#headerFilled === bound.FRAME_HEADER_BYTES) {
      this.#headerFilled = 0
      this.#begin(this.#headerBytes, 0)
    }
    return next
  }

  #begin(bytes: Buffer, at: number): void {
    const length = bytes.readUInt32LE(at)
    const header = {
      type: bytes.readUInt8(at + 4),
      flags: bytes.readUInt8(at + 5),
      stream: bytes.readUInt32LE(at + 6),
    }
    checkHeader(header, length)
    if (length === 0) {
      this.#sink.frame(header, Buffer.alloc(0))
      return
    }
    this.#header = header
    this.#missing = length
  }

  #takePayload(chunk: Buffer, at: number): number {
    const header = this.#header
    if (header === undefined) return at
    const next = Math.min(chunk.length, at + this.#missing)
    const piece = chunk.subarray(at, next)
    if (header.type === frameType.DATA) this.#passData(header, piece)
    else this.#gather(header, piece)
    return next
  }

  #passData(header: FrameHeader, piece: Buffer): void {
    this.#missing -= piece.length
    if (this.#missing === 0) this.#header = undefined
    this.#sink.data(header, piece)
  }

  #gather(header: FrameHeader, piece: Buffer): void {
    const whole = this.#payload === undefined && piece.length === this.#missing
    const payload = whole ? piece : this.#append(piece)
    this.#missing -= piece.length
    if (this.#missing > 0) return
    this.#header = undefined
    this.#payload = undefined
    this.#sink.frame(header, payload)
  }

  #append(piece: Buffer): Buffer {
    this.#payload ??= Buffer.allocUnsafe(this.#missing)
    piece.copy(this.#payload, this.#payload.length - this.#missing)
    return this.#payload
  }
}

function checkHeader(header: FrameHeader, length: number): void {
  const limits = incomingPayload.get(header.type)
  if (limits === undefined) throw protocolError(`frame type ${header.type} is unknown`)
  if (length < limits[0] || length > limits[1]) {
    throw protocolError(`${length} bytes in a frame of type ${header.type}`)
  }
  if (header.flags > (channelTypes.has(header.type) ? channel.STDERR : 0)) {
    throw protocolError(`flags ${header.flags} on a frame of type ${header.type}`)
  }
  if (controlTypes.has(header.type) !== (header.stream === 0)) {
    throw protocolError(`frame type ${header.type} on stream ${header.stream}`)
  }
}
