import type { SandboxError } from '@caisson/core'
import type { ChannelId } from './credit.ts'
import type { GuestLink } from './link.ts'
import { bound, frameType } from './protocol.ts'
import { protocolError } from './protocol-error.ts'

interface Waiting {
  readonly chunk: Uint8Array
  sent: number
  readonly written: Settle
}

/** Called once: without an error when the bytes are with the kernel. */
export type Settle = (error?: Error) => void

// No honest peer lets this much pile up: it gives back what it took.
const creditMost = 4 * bound.CREDIT_GRANT_MAX

/** What the host sends on a channel, in order, as far as credit reaches. */
export class SendQueue {
  readonly #link: GuestLink
  readonly #id: ChannelId
  readonly #waiting: Waiting[] = []
  #credit: number = bound.CREDIT_INITIAL
  #closing = false
  #refusal: (() => Error) | undefined
  #endSent = false

  constructor(link: GuestLink, id: ChannelId) {
    this.#link = link
    this.#id = id
  }

  /** Whether EOF was sent. */
  get ended(): boolean {
    return this.#endSent
  }

  /** The bytes must stay as they are until `written`. */
  write(chunk: Uint8Array, written: Settle): void {
    if (this.#refusal !== undefined) return written(this.#refusal())
    if (chunk.length === 0) return written()
    this.#waiting.push({ chunk, sent: 0, written })
    this.#pump()
  }

  /** EOF after what waits. Later writes are refused. */
  end(refusal: () => Error): void {
    if (this.#closing) return
    this.#closing = true
    this.#refusal ??= refusal
    this.#pump()
  }

  /** The peer takes no more: what waits is rejected, and so is what comes. */
  refuse(refusal: () => Error): void {
    this.#refusal = refusal
    this.#closing = true
    this.#endSent = true
    for (const waiting of this.#waiting.splice(0)) waiting.written(refusal())
  }

  grant(size: number): void {
    if (size === 0 || size > bound.CREDIT_GRANT_MAX || this.#credit + size > creditMost) {
      throw protocolError(`a grant of ${size} bytes on stream ${this.#id.stream}`)
    }
    this.#credit += size
    this.#pump()
  }

  lost(error: SandboxError): void {
    this.refuse(() => error)
  }

  #pump(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (this.#credit === 0) return
      if (this.#sendPiece(first)) this.#waiting.shift()
    }
    if (this.#closing && !this.#endSent) {
      this.#endSent = true
      this.#link.send({ type: frameType.EOF, flags: this.#id.channel, stream: this.#id.stream }, [])
    }
  }

  /** Sends one frame; whether the chunk is done. */
  #sendPiece(waiting: Waiting): boolean {
    const size = Math.min(this.#credit, bound.DATA_MAX, waiting.chunk.length - waiting.sent)
    const piece = waiting.chunk.subarray(waiting.sent, waiting.sent + size)
    this.#credit -= size
    waiting.sent += size
    const last = waiting.sent === waiting.chunk.length
    const header = { type: frameType.DATA, flags: this.#id.channel, stream: this.#id.stream }
    this.#link.send(header, [piece], last ? waiting.written : undefined)
    return last
  }
}
