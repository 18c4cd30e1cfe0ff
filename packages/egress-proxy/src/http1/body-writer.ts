import type { Body, BodySink, Field } from '../http-message.ts'
import { lastChunkText } from './head-text.ts'
import type { HeadFraming } from './head-text.ts'
import type { WriteGather } from './write-gather.ts'

/** Hears how a body went out. */
export interface BodyWriterOwner {
  /** Everything was handed to the connection. */
  bodyWritten(): void
  /** The body failed, or was not as long as announced: the peer must see a cut. */
  bodyBroken(error: Error): void
  /** The connection takes no more for now. */
  writeBlocked(): void
}

/** Sends a body in the framing that its head announced, at the speed of the connection. */
export class BodyWriter implements BodySink {
  readonly #gather: WriteGather
  readonly #body: Body
  readonly #framing: HeadFraming
  readonly #owner: BodyWriterOwner
  #written = 0
  #isOver = false

  constructor(
    way: { readonly gather: WriteGather; readonly owner: BodyWriterOwner },
    body: Body,
    framing: HeadFraming,
  ) {
    this.#gather = way.gather
    this.#owner = way.owner
    this.#body = body
    this.#framing = framing
  }

  data(chunk: Uint8Array): void {
    // A chunk of no bytes would be the end of a chunked body.
    if (this.#isOver || chunk.length === 0) return
    this.#written += chunk.length
    const { framing, length } = this.#framing
    if (framing === 'length' && this.#written > (length ?? 0)) {
      this.#break(new Error('the body is longer than it was announced'))
      return
    }
    if (framing === 'chunked') this.#gather.add(`${chunk.length.toString(16)}\r\n`)
    this.#gather.add(chunk)
    if (framing === 'chunked') this.#gather.add('\r\n')
    this.#gather.flushSoon()
    if (!this.#gather.isBlocked) return
    this.#body.pause()
    this.#owner.writeBlocked()
  }

  end(trailers: readonly Field[]): void {
    if (this.#isOver) return
    const { framing, length } = this.#framing
    if (framing === 'length' && this.#written !== length) {
      this.#break(new Error('the body is shorter than it was announced'))
      return
    }
    if (framing === 'chunked' && !this.#endChunks(trailers)) return
    this.#isOver = true
    this.#gather.flush()
    this.#owner.bodyWritten()
  }

  fail(error: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#owner.bodyBroken(error)
  }

  /** The connection takes more again. */
  drained(): void {
    if (!this.#isOver) this.#body.resume()
  }

  /** Sends no more and wants no more. */
  stop(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#body.cancel()
  }

  #endChunks(trailers: readonly Field[]): boolean {
    try {
      this.#gather.add(lastChunkText(this.#framing.trailers ? trailers : []))
      return true
    } catch (error) {
      this.#break(error instanceof Error ? error : new Error('the trailers are malformed'))
      return false
    }
  }

  #break(error: Error): void {
    this.#isOver = true
    this.#body.cancel()
    this.#owner.bodyBroken(error)
  }
}
