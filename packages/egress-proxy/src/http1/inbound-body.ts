import type { Body, BodySink, Field } from '../http-message.ts'
import type { BodyDecoder, DecodedBody } from './body-decoder.ts'

/** What a body asks of the connection that reads it. */
export interface BodyReader {
  /** `isWanted` of the body changed, or nobody wants the rest any more. */
  bodyChanged(): void
}

/**
 * A body that is being read from a connection: request bodies at a front, answers at an upstream. What
 * one read of the connection brought is handed on in one go, even when the sink pauses within it.
 */
export class InboundBody implements Body, DecodedBody {
  readonly length: number | null
  readonly #reader: BodyReader
  readonly #decoder: BodyDecoder
  #sink: BodySink | null = null
  #isPaused = true
  #isDropped = false
  #isOver = false
  #droppedBytes = 0
  #failure: Error | null = null
  #trailers: readonly Field[] = []

  constructor(reader: BodyReader, decoder: BodyDecoder, length: number | null) {
    this.#reader = reader
    this.#decoder = decoder
    this.length = length
  }

  start(sink: BodySink): void {
    if (this.#sink !== null || this.#isDropped) return
    if (this.#isOver) {
      process.nextTick(() => this.#tellEnd(sink))
      return
    }
    this.#sink = sink
    process.nextTick(startReading, this)
  }

  pause(): void {
    if (this.#isPaused) return
    this.#isPaused = true
    this.#reader.bodyChanged()
  }

  resume(): void {
    if (!this.#isPaused || this.#sink === null || this.#isOver) return
    this.#isPaused = false
    this.#reader.bodyChanged()
  }

  cancel(): void {
    if (this.#isDropped || this.#isOver) return
    this.#isDropped = true
    this.#sink = null
    this.#reader.bodyChanged()
  }

  /** Bytes can be given to `take` now. */
  get isWanted(): boolean {
    return this.#isDropped || !this.#isPaused
  }

  get isDropped(): boolean {
    return this.#isDropped
  }

  get isStarted(): boolean {
    return this.#sink !== null
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Bytes that were read for nobody. */
  get droppedBytes(): number {
    return this.#droppedBytes
  }

  /** Decodes, and returns where in `chunk` the body did not go on. */
  take(chunk: Buffer): number {
    return this.#decoder.take(chunk, this)
  }

  /** The connection ended. @throws MessageFault when that cuts the body. */
  close(): void {
    this.#decoder.close(this)
  }

  data(chunk: Buffer): void {
    if (this.#sink === null) this.#droppedBytes += chunk.length
    else this.#sink.data(chunk)
  }

  end(trailers: readonly Field[]): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#trailers = trailers
    const sink = this.#sink
    this.#sink = null
    if (sink !== null) this.#tellEnd(sink)
  }

  /** The rest will not come. */
  fail(error: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#failure = error
    const sink = this.#sink
    this.#sink = null
    if (sink !== null) this.#tellEnd(sink)
  }

  #tellEnd(sink: BodySink): void {
    if (this.#isDropped) return
    if (this.#failure === null) sink.end(this.#trailers)
    else sink.fail(this.#failure)
  }
}

function startReading(body: InboundBody): void {
  body.resume()
}
