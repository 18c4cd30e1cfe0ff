const continuation = 0
const close = 8
const longestHeader = 14
const longestControl = 125

/** What went by, in one direction. */
export interface FrameCounts {
  readonly frames: number
  /** Data messages whose last frame has begun. */
  readonly messages: number
  readonly payloadBytes: number
}

/** A stretch of payload within one chunk. */
export interface PayloadRun {
  /** Where in the chunk it begins, and the place behind it. */
  readonly from: number
  readonly to: number
  /** Of a ping, a pong or a close. */
  readonly isControl: boolean
  /** What it is masked with, from its own first byte on; `null` when it is not. */
  readonly mask: Uint8Array | null
}

/** Looks at what frames carry. */
export interface FrameObserver {
  payload(run: PayloadRun): void
  /** The last byte of a message, or of a control frame, went by. */
  over(isControl: boolean): void
}

/**
 * Follows the frames of one direction of a WebSocket (RFC 6455, 5.2) without copying or changing them, so
 * that nothing else can be carried over the connection. No extension is negotiated, so every reserved bit
 * is a fault; so are reserved opcodes, a mask on the wrong side, control frames that are long or in
 * pieces, continuations of nothing, lengths that are not the shortest, and frames behind a close.
 */
export class FrameMeter {
  readonly #masked: boolean
  readonly #header = Buffer.alloc(longestHeader)
  #filled = 0
  #payloadLeft = 0
  #payloadLength = 0
  #maskAt = 2
  #isFragmented = false
  #isClosed = false
  #fault: string | null = null
  #frames = 0
  #messages = 0
  #payloadBytes = 0

  /** Whose frames they are: a client's are masked, a server's are not. */
  constructor(side: 'client' | 'server') {
    this.#masked = side === 'client'
  }

  /** Whether everything so far was proper; once it was not, it never is again. */
  push(chunk: Uint8Array, observer: FrameObserver | null = null): boolean {
    let offset = 0
    while (this.#fault === null && offset < chunk.length) {
      if (this.#payloadLeft > 0) {
        const passed = Math.min(this.#payloadLeft, chunk.length - offset)
        if (observer !== null) observer.payload(this.#run(offset, offset + passed))
        this.#payloadLeft -= passed
        this.#payloadBytes += passed
        offset += passed
        if (this.#payloadLeft === 0) this.#tellOver(observer)
      } else {
        const frames = this.#frames
        this.#takeHeaderByte(chunk[offset] ?? 0)
        offset += 1
        if (this.#frames > frames && this.#payloadLeft === 0) this.#tellOver(observer)
      }
    }
    return this.#fault === null
  }

  /** What was wrong, in our words; `null` while nothing is. */
  get fault(): string | null {
    return this.#fault
  }

  /** The last frame is over, and no message is left open. */
  get isBetweenMessages(): boolean {
    return this.#filled === 0 && this.#payloadLeft === 0 && !this.#isFragmented
  }

  get counts(): FrameCounts {
    return {
      frames: this.#frames,
      messages: this.#messages,
      payloadBytes: this.#payloadBytes,
    }
  }

  #run(from: number, to: number): PayloadRun {
    const isControl = ((this.#header[0] ?? 0) & close) !== 0
    if (!this.#masked) return { from, to, isControl, mask: null }
    const passed = this.#payloadLength - this.#payloadLeft
    const mask = new Uint8Array(4)
    for (let at = 0; at < 4; at += 1)
      mask[at] = this.#header[this.#maskAt + ((passed + at) & 3)] ?? 0
    return { from, to, isControl, mask }
  }

  #tellOver(observer: FrameObserver | null): void {
    if (observer === null) return
    const isControl = ((this.#header[0] ?? 0) & close) !== 0
    if (isControl || !this.#isFragmented) observer.over(isControl)
  }

  #takeHeaderByte(byte: number): void {
    this.#header[this.#filled] = byte
    this.#filled += 1
    if (this.#filled === 1) this.#fault = this.#firstByteFault(byte)
    else if (this.#filled === 2) this.#fault = this.#secondByteFault(byte)
    if (this.#fault !== null || this.#filled < 2) return
    const announced = (this.#header[1] ?? 0) & 127
    const extended = announced === 126 ? 2 : announced === 127 ? 8 : 0
    if (this.#filled < 2 + extended + (this.#masked ? 4 : 0)) return
    this.#startPayload(announced, extended)
  }

  #firstByteFault(byte: number): string | null {
    const opcode = byte & 15
    const isFinal = (byte & 0x80) !== 0
    if (this.#isClosed) return 'a frame comes behind a close'
    if ((byte & 0x70) !== 0) return 'a reserved bit is set'
    if (opcode > 10 || (opcode > 2 && opcode < close)) return 'the opcode is reserved'
    if (opcode >= close) return isFinal ? null : 'a control frame is in pieces'
    if (this.#isFragmented === (opcode === continuation)) return null
    return this.#isFragmented
      ? 'a message begins before the last one is over'
      : 'a frame continues no message'
  }

  #secondByteFault(byte: number): string | null {
    const isControl = ((this.#header[0] ?? 0) & close) !== 0
    if (byte >= 0x80 !== this.#masked) return 'a mask is missing, or there where none may be'
    return isControl && (byte & 127) > longestControl ? 'a control frame is too long' : null
  }

  #startPayload(announced: number, extended: number): void {
    const length = this.#lengthOf(announced, extended)
    this.#filled = 0
    if (length === null) {
      this.#fault = 'the length is too large, or not written in the shortest way'
      return
    }
    const first = this.#header[0] ?? 0
    const isFinal = (first & 0x80) !== 0
    this.#payloadLeft = length
    this.#payloadLength = length
    this.#maskAt = 2 + extended
    this.#frames += 1
    if ((first & close) !== 0) {
      this.#isClosed = (first & 15) === close
      return
    }
    this.#isFragmented = !isFinal
    if (isFinal) this.#messages += 1
  }

  /** Lengths of 2^53 and more are refused: nobody sends them, and sums would no longer be exact. */
  #lengthOf(announced: number, extended: number): number | null {
    if (extended === 0) return announced
    if (extended === 2) {
      const length = this.#header.readUInt16BE(2)
      return length > longestControl ? length : null
    }
    const high = this.#header.readUInt32BE(2)
    const length = high * 0x1_0000_0000 + this.#header.readUInt32BE(6)
    return length > 0xffff && Number.isSafeInteger(length) ? length : null
  }
}
