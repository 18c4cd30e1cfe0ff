import { errorCode } from './error-code.ts'
import {
  frameFlag,
  frameType,
  headerBytes,
  headerFault,
  isKnown,
  payloadFault,
  protocol,
  readFrameHeader,
  type FrameFault,
  type FrameHeader,
} from './frame-header.ts'

/** What a gate expects of the peer. */
export interface GateOptions {
  /** Who sends what is checked. */
  readonly peer: 'client' | 'server'
  /** The largest header block, packed, with the headers of its frames. */
  readonly blockBytes: number
  /** A frame came that asks for work and carries nothing. */
  readonly control: () => void
}

/** Frames of one header block. The blocks that are allowed fit in a few. */
const blockFrames = 32

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')
const nothing = Buffer.alloc(0)

/**
 * Checks the framing of HTTP/2 before nghttp2 sees a byte of it, and gives it on piece by piece: a piece
 * never holds more than one frame, and a header block is one piece that is whole.
 *
 * Why: an error in the midst of a header block, and a session that ends in the midst of a read, have each
 * left Node with state that it aborts the process for. Bytes of a peer must not be able to do that.
 */
export class FrameGate {
  /** Why nothing is given on any more. */
  fault: FrameFault | null = null
  readonly #options: GateOptions
  #chunk: Buffer = nothing
  #at = 0
  /** Being put together: a header or a frame that did not come in one chunk. */
  #part: Buffer = nothing
  #partLength = 0
  /** What is wanted of the current frame beside DATA; `null` between frames. */
  #frame: FrameHeader | null = null
  /** Bytes of DATA, or of a frame that is ignored, that are still to come. */
  #left = 0
  #dropping = false
  #block: Buffer[] = []
  #blockLength = 0
  #blockStream = 0
  #begun: boolean
  #settled = false
  #acknowledged = false
  #highest = 0

  constructor(options: GateOptions) {
    this.#options = options
    this.#begun = options.peer === 'server'
  }

  /** Takes bytes as they came. What {@link next} left of earlier ones is kept before them. */
  feed(chunk: Buffer): void {
    const rest = this.#chunk.length - this.#at
    this.#chunk = rest === 0 ? chunk : Buffer.concat([this.#chunk.subarray(this.#at), chunk])
    this.#at = 0
  }

  /** The next piece to give on; `null` when more bytes are needed, or on a {@link fault}. */
  next(): Buffer | null {
    while (this.fault === null) {
      if (this.#left > 0) {
        const piece = this.#takeLeft()
        if (piece === null || !this.#dropping) return piece
        continue
      }
      const bytes = this.#take(this.#wanted())
      if (bytes === null) return null
      const piece = this.#step(bytes)
      if (piece !== null) return piece
    }
    return null
  }

  #wanted(): number {
    if (!this.#begun) return preface.length
    return this.#frame === null ? headerBytes : headerBytes + this.#frame.length
  }

  #step(bytes: Buffer): Buffer | null {
    if (!this.#begun) return this.#begin(bytes)
    return this.#frame === null ? this.#onHeader(bytes) : this.#onFrame(this.#frame, bytes)
  }

  #begin(bytes: Buffer): Buffer | null {
    this.#begun = true
    return bytes.equals(preface) ? bytes : this.#refuse(protocol('no preface'))
  }

  #onHeader(bytes: Buffer): Buffer | null {
    const header = readFrameHeader(bytes, 0)
    const fault = headerFault(header) ?? this.#orderFault(header)
    if (fault !== null) return this.#refuse(fault)
    this.#count(header)
    if (header.type === frameType.data) return this.#onData(header, bytes)
    if (!isKnown(header) || header.type === frameType.priority) {
      this.#left = header.length
      this.#dropping = true
      return null
    }
    // The header stays in front of what is put together.
    this.#frame = header
    this.#part = Buffer.allocUnsafe(headerBytes + header.length)
    bytes.copy(this.#part)
    this.#partLength = headerBytes
    return null
  }

  /** DATA is given on as it comes, and with its header when both are in one chunk. */
  #onData(header: FrameHeader, bytes: Buffer): Buffer {
    const { length } = header
    const together =
      this.#chunk.length - this.#at >= length &&
      this.#at >= headerBytes &&
      bytes.buffer === this.#chunk.buffer &&
      bytes.byteOffset === this.#chunk.byteOffset + this.#at - headerBytes
    this.#left = together ? 0 : length
    this.#dropping = false
    if (!together) return bytes
    this.#at += length
    return this.#chunk.subarray(this.#at - length - headerBytes, this.#at)
  }

  #onFrame(header: FrameHeader, frame: Buffer): Buffer | null {
    this.#frame = null
    const fault = payloadFault(header, frame)
    if (fault !== null) return this.#refuse(fault)
    if (header.type === frameType.headers) this.#highest = Math.max(this.#highest, header.stream)
    const isBlock = header.type === frameType.headers || header.type === frameType.continuation
    return isBlock ? this.#onBlock(header, frame) : frame
  }

  #onBlock(header: FrameHeader, frame: Buffer): Buffer | null {
    const ended = (header.flags & frameFlag.endHeaders) !== 0
    if (ended && this.#block.length === 0) return frame
    this.#block.push(frame)
    this.#blockLength += frame.length
    this.#blockStream = header.stream
    if (this.#block.length > blockFrames || this.#blockLength > this.#options.blockBytes) {
      return this.#refuse({ code: errorCode.enhanceYourCalm, message: 'a header without end' })
    }
    if (!ended) return null
    const whole = Buffer.concat(this.#block)
    this.#block = []
    this.#blockLength = 0
    this.#blockStream = 0
    return whole
  }

  /** What is wrong with a frame by what came before it. */
  #orderFault(header: FrameHeader): FrameFault | null {
    const continues = header.type === frameType.continuation
    if (
      continues !== (this.#blockStream !== 0) ||
      (continues && header.stream !== this.#blockStream)
    ) {
      return protocol('a header block that is interrupted')
    }
    const isSettings = header.type === frameType.settings
    const isAck = isSettings && (header.flags & frameFlag.ack) !== 0
    if (!this.#settled && (!isSettings || isAck)) return protocol('no settings to begin with')
    this.#settled = true
    if (isAck && this.#acknowledged) return protocol('settings acknowledged that were not sent')
    this.#acknowledged ||= isAck
    return this.#options.peer === 'client' ? this.#streamFault(header) : null
  }

  /** Clients open streams by odd numbers, and nothing else than a header opens one (RFC 9113, 5.1). */
  #streamFault(header: FrameHeader): FrameFault | null {
    if (header.type === frameType.headers) {
      return header.stream % 2 === 1 ? null : protocol('a stream that is not for clients to open')
    }
    const mayBeIdle = header.type === frameType.priority || !isKnown(header)
    return mayBeIdle || header.stream <= this.#highest
      ? null
      : protocol('a stream that is not open')
  }

  #count(header: FrameHeader): void {
    const { type, flags } = header
    const asks = type === frameType.settings || type === frameType.ping
    const answers = asks && (flags & frameFlag.ack) !== 0
    if ((asks && !answers) || type === frameType.priority || !isKnown(header)) {
      this.#options.control()
    }
  }

  #refuse(fault: FrameFault): null {
    this.fault = fault
    this.#chunk = nothing
    this.#at = 0
    this.#block = []
    return null
  }

  #takeLeft(): Buffer | null {
    const count = Math.min(this.#left, this.#chunk.length - this.#at)
    if (count === 0) return null
    const piece = this.#chunk.subarray(this.#at, this.#at + count)
    this.#at += count
    this.#left -= count
    return piece
  }

  /** `count` bytes in one piece, begun by what was put together; `null` while there are too few. */
  #take(count: number): Buffer | null {
    const there = this.#chunk.length - this.#at
    const missing = count - this.#partLength
    if (this.#partLength === 0 && there >= count) {
      this.#at += count
      return this.#chunk.subarray(this.#at - count, this.#at)
    }
    if (this.#part.length < count) this.#part = Buffer.allocUnsafe(count)
    const taken = Math.min(missing, there)
    this.#chunk.copy(this.#part, this.#partLength, this.#at, this.#at + taken)
    this.#at += taken
    this.#partLength += taken
    if (taken < missing) return null
    const whole = this.#part.subarray(0, count)
    this.#part = nothing
    this.#partLength = 0
    return whole
  }
}
