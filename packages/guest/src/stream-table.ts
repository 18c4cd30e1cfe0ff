import { SandboxError } from '@caisson/core'
import type { FrameHeader } from './frame.ts'
import { bound, frameType } from './protocol.ts'
import { protocolError } from './protocol-error.ts'

/** What a stream does with what arrives on it. Throwing ends the sandbox. */
export interface StreamReceiver {
  frame(header: FrameHeader, payload: Buffer): void
  data(header: FrameHeader, piece: Buffer): void
  /** The session is over; nothing more comes. */
  lost(error: SandboxError): void
}

// Frames that init may have sent before it learned that the host had closed the stream.
const crossing: ReadonlySet<number> = new Set([
  frameType.CONNECTED,
  frameType.EOF,
  frameType.WINDOW,
  frameType.RESET,
  frameType.GONE,
])

/**
 * The streams that are open. Ids are odd and rise by 2. A stream that the host closed first is remembered for a while with
 * the credit that was out, because frames may have been on their way; everything else on an id that is not open is refused.
 */
export class StreamTable {
  readonly #open = new Map<number, StreamReceiver>()
  readonly #retired = new Map<number, { credit: number }>()
  #next = 1

  add(receiver: StreamReceiver): number {
    if (this.#open.size >= bound.STREAMS_MAX) {
      throw new SandboxError('LIMIT', `${bound.STREAMS_MAX} streams are open at once`, {
        hint: 'wait for commands and connections to end',
        retryable: true,
      })
    }
    const id = this.#next
    if (id > 0xffff_ffff) throw new SandboxError('LIMIT', 'the sandbox has used up its stream ids')
    this.#next += 2
    this.#open.set(id, receiver)
    return id
  }

  has(id: number): boolean {
    return this.#open.has(id)
  }

  receiver(id: number): StreamReceiver | undefined {
    return this.#open.get(id)
  }

  /** The peer closed the stream, or both sides did. */
  remove(id: number): void {
    this.#open.delete(id)
  }

  /** The host closed the stream, with this much credit given that was not used. */
  retire(id: number, credit: number): void {
    this.#open.delete(id)
    this.#retired.set(id, { credit })
    const oldest = this.#retired.keys().next()
    if (this.#retired.size > bound.STREAMS_MAX && oldest.done !== true) {
      this.#retired.delete(oldest.value)
    }
  }

  frame(header: FrameHeader, payload: Buffer): void {
    const receiver = this.#open.get(header.stream)
    if (receiver !== undefined) receiver.frame(header, payload)
    else if (!this.#retired.has(header.stream) || !crossing.has(header.type)) refuse(header)
  }

  data(header: FrameHeader, piece: Buffer): void {
    const receiver = this.#open.get(header.stream)
    if (receiver !== undefined) return receiver.data(header, piece)
    const retired = this.#retired.get(header.stream)
    if (retired === undefined || retired.credit < piece.length) return refuse(header)
    retired.credit -= piece.length
  }

  /** Tells every stream and forgets all. */
  clear(error: SandboxError): void {
    const receivers = [...this.#open.values()]
    this.#open.clear()
    this.#retired.clear()
    for (const receiver of receivers) receiver.lost(error)
  }
}

function refuse(header: FrameHeader): never {
  throw protocolError(`frame type ${header.type} on stream ${header.stream}, which is not open`)
}
