import type { Http2Stream } from 'node:http2'
import type { Body, BodySink } from '../http-message.ts'
import { EndMark } from './end-mark.ts'
import { Http2Error, errorCode } from './error-code.ts'
import { readTrailers, type SectionBounds } from './field-syntax.ts'

/** How a body is held to what was announced. */
export interface StreamBodyOptions {
  readonly length: number | null
  readonly bounds: SectionBounds
}

/**
 * The body that comes in on a stream. Its length is counted against the announced one, and an end that
 * is no true end is a failure: Node ends the readable side of a stream also when the peer reset it with
 * NO_ERROR, which would let a cut body pass for a whole one.
 */
export class StreamBody implements Body {
  readonly length: number | null
  /** Bytes that came. */
  received = 0
  /** When something came last, or was asked for after a pause. */
  movedAt: number = performance.now()
  readonly #stream: Http2Stream
  readonly #options: StreamBodyOptions
  readonly #end: EndMark
  #sink: BodySink | null = null
  #state: 'new' | 'started' | 'cancelled' | 'done' = 'new'
  #paused = false
  #trailers: readonly string[] = []

  constructor(stream: Http2Stream, options: StreamBodyOptions) {
    this.length = options.length
    this.#stream = stream
    this.#options = options
    this.#end = new EndMark(stream)
    stream.on('trailers', (...told: unknown[]) => this.#onTrailers(told[2]))
    stream.on('end', () => this.#onEnd())
    stream.on('close', () => this.#cut())
  }

  /** Whether we wait for the peer to send. */
  get wanted(): boolean {
    return this.#state === 'started' && !this.#paused
  }

  /** Whether the rest is read by nobody. */
  get abandoned(): boolean {
    return this.#state === 'new' || this.#state === 'cancelled'
  }

  start(sink: BodySink): void {
    if (this.#state === 'cancelled') return
    if (this.#sink !== null) throw new Error('a body is read once')
    this.#sink = sink
    if (this.#state === 'done' || this.#stream.destroyed) {
      this.#state = 'done'
      process.nextTick(() => this.#tellFail(new Http2Error('reset', 'the stream was reset')))
      return
    }
    this.#state = 'started'
    this.movedAt = performance.now()
    this.#stream.on('data', (chunk: Uint8Array) => this.#onData(chunk))
    if (this.#paused) this.#stream.pause()
  }

  pause(): void {
    this.#paused = true
    if (this.#state === 'started') this.#stream.pause()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.movedAt = performance.now()
    if (this.#state === 'started') this.#stream.resume()
  }

  cancel(): void {
    if (this.#state === 'done' || this.#state === 'cancelled') {
      this.#sink = null
      return
    }
    this.#state = 'cancelled'
    this.#sink = null
    // What still comes is thrown away, so that a peer that writes before it reads gets to read.
    if (!this.#stream.destroyed) this.#stream.resume()
  }

  #onData(chunk: Uint8Array): void {
    this.received += chunk.length
    if (this.#state !== 'started') return
    this.movedAt = performance.now()
    if (this.length !== null && this.received > this.length) {
      this.#refuse('more bytes than announced')
      return
    }
    try {
      this.#sink?.data(chunk)
    } catch {
      this.#breakOff()
    }
  }

  #onTrailers(raw: unknown): void {
    if (Array.isArray(raw)) this.#trailers = raw.map(String)
  }

  #onEnd(): void {
    if (this.#state !== 'started') return
    if (this.#end.wasCut) {
      this.#cut()
      return
    }
    if (this.length !== null && this.received !== this.length) {
      this.#refuse('fewer bytes than announced')
      return
    }
    const trailers = readTrailers(this.#trailers, this.#options.bounds)
    if (typeof trailers === 'string') {
      this.#refuse(trailers)
      return
    }
    this.#state = 'done'
    const sink = this.#sink
    this.#sink = null
    try {
      sink?.end(trailers)
    } catch {
      this.#breakOff()
    }
  }

  #cut(): void {
    if (this.#state !== 'started' && this.#state !== 'new') return
    const told = this.#state === 'started'
    this.#state = 'done'
    if (told) this.#tellFail(new Http2Error('reset', 'the stream was reset'))
  }

  #refuse(message: string): void {
    this.#state = 'done'
    this.#tellFail(new Http2Error('malformed', message))
    if (!this.#stream.destroyed) this.#stream.close(errorCode.protocol)
  }

  /** Thrown into the reading of the stream, a mistake of whoever takes the body would end the host's process. */
  #breakOff(): void {
    this.#state = 'done'
    if (!this.#stream.destroyed) this.#stream.close(errorCode.internal)
    try {
      this.#tellFail(new Http2Error('reset', 'what came could not be taken'))
    } catch {
      // It was told all that there is to tell.
    }
  }

  #tellFail(error: Error): void {
    const sink = this.#sink
    this.#sink = null
    sink?.fail(error)
  }
}
