import type { Http2Stream } from 'node:http2'
import type { Body, Field } from '../http-message.ts'
import { errorCode } from './error-code.ts'
import { addFields, emptySection } from './field-section.ts'

/** How a body is sent. */
export interface SendOptions {
  /** The stream was opened with `waitForTrailers`: it ends by a last section, empty or not. */
  readonly trailers: boolean
  /** The code of the reset when the body fails. */
  readonly failCode: number
}

/**
 * Sends a body on a stream, at the pace of the peer. A body that fails resets the stream: an END_STREAM
 * is only ever sent after the body told its end.
 */
export class BodySender {
  /** Bytes handed to the stream. */
  sent = 0
  /** When something was handed over last, or the peer took something. */
  movedAt: number = performance.now()
  /** The peer takes nothing. */
  blocked = false
  /** The body told its end, and everything was given to the stream. */
  ended = false
  readonly #stream: Http2Stream
  readonly #body: Body
  readonly #options: SendOptions
  #trailers: readonly Field[] = []
  #onSent: () => void = () => undefined

  constructor(stream: Http2Stream, body: Body, options: SendOptions) {
    this.#stream = stream
    this.#body = body
    this.#options = options
  }

  /** Begins; `onSent` is called when the end, and trailers if there are any, went to the stream. */
  start(onSent: () => void): void {
    const stream = this.#stream
    this.#onSent = onSent
    stream.on('drain', () => this.#onDrain())
    stream.on('close', () => this.#onClose())
    if (this.#options.trailers) stream.on('wantTrailers', () => this.#sendTrailers())
    else stream.on('finish', () => this.#onFinish())
    this.#body.start({
      data: (chunk) => this.#data(chunk),
      end: (trailers) => this.#end(trailers),
      fail: () => this.#fail(),
    })
  }

  #data(chunk: Uint8Array): void {
    const stream = this.#stream
    if (stream.closed || stream.destroyed || chunk.length === 0) return
    this.sent += chunk.length
    this.movedAt = performance.now()
    if (stream.write(chunk)) return
    this.blocked = true
    this.#body.pause()
  }

  #onDrain(): void {
    if (this.ended) return
    this.blocked = false
    this.movedAt = performance.now()
    this.#body.resume()
  }

  #end(trailers: readonly Field[]): void {
    this.ended = true
    this.#trailers = trailers
    if (this.#stream.closed || this.#stream.destroyed) return
    this.movedAt = performance.now()
    this.blocked = true
    this.#stream.end()
  }

  #sendTrailers(): void {
    // A stream that is reset is ended by Node too; only an end of the body's own may look like one.
    if (!this.ended || this.#stream.closed || this.#stream.destroyed) return
    try {
      this.#stream.sendTrailers(addFields(emptySection(), this.#trailers))
    } catch {
      this.#fail()
      return
    }
    // Node submits trailers in an immediate of its own; what follows them has to come after it.
    setImmediate(() => this.#onFinish())
  }

  #onFinish(): void {
    if (!this.ended) return
    this.blocked = false
    const onSent = this.#onSent
    this.#onSent = () => undefined
    onSent()
  }

  #fail(): void {
    if (!this.#stream.destroyed) this.#stream.close(this.#options.failCode)
  }

  #onClose(): void {
    if (!this.ended) this.#body.cancel()
  }
}

/** What a failed answer is reset with. */
export const answerFailCode: number = errorCode.internal

/** What a failed request is reset with: the client gave up, the upstream did nothing wrong. */
export const requestFailCode: number = errorCode.cancel
