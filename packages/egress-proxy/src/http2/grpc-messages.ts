/** What went wrong in a body of gRPC; `null` when nothing did. */
export type GrpcFault = 'bad_flag' | 'message_too_large' | 'too_many_messages' | 'cut'

/** Bounds of the messages of one body. */
export interface GrpcBounds {
  /** Bytes of one message, as it is on the wire. */
  readonly messageBytes: number
  readonly messages: number
}

/** What was counted so far. */
export interface GrpcCount {
  /** Messages that began. */
  readonly messages: number
  /** Bytes of messages, without their prefixes. */
  readonly bytes: number
}

const prefixLength = 5

/**
 * Counts the messages in a body of gRPC as it passes. Each has a prefix: a byte that says whether it is
 * compressed (0 or 1), and a length of four bytes. Nothing is kept but the prefix that is being read.
 */
export class GrpcMessages {
  readonly #bounds: GrpcBounds
  #inPrefix = 0
  #length = 0
  #left = 0
  #messages = 0
  #bytes = 0
  #fault: GrpcFault | null = null

  constructor(bounds: GrpcBounds) {
    this.#bounds = bounds
  }

  get count(): GrpcCount {
    return { messages: this.#messages, bytes: this.#bytes }
  }

  /** Takes what passed. A fault stays: nothing after it can be understood. */
  push(chunk: Uint8Array): GrpcFault | null {
    let at = 0
    while (at < chunk.length && this.#fault === null) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - at)
        this.#left -= taken
        this.#bytes += taken
        at += taken
      } else {
        this.#prefix(chunk[at] ?? 0)
        at += 1
      }
    }
    return this.#fault
  }

  /** The body is over. `cut` when that is in the middle of a message. */
  end(): GrpcFault | null {
    if (this.#fault === null && (this.#inPrefix > 0 || this.#left > 0)) this.#fault = 'cut'
    return this.#fault
  }

  #prefix(byte: number): void {
    if (this.#inPrefix === 0) {
      this.#length = 0
      if (byte > 1) this.#fault = 'bad_flag'
      else this.#begin()
    } else {
      this.#length = this.#length * 256 + byte
    }
    this.#inPrefix += 1
    if (this.#inPrefix < prefixLength) return
    this.#inPrefix = 0
    this.#left = this.#length
    if (this.#length > this.#bounds.messageBytes) this.#fault = 'message_too_large'
  }

  #begin(): void {
    this.#messages += 1
    if (this.#messages > this.#bounds.messages) this.#fault = 'too_many_messages'
  }
}
