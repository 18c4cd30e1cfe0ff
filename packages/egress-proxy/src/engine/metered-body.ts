import type { Body, BodySink, Field } from '../http-message.ts'

/** Looks at a body on its way. */
export interface BodyMeter {
  /** Bytes are about to be passed on; `false` stops the body, which then fails. */
  onBytes(count: number, chunk: Uint8Array): boolean
  /** Nothing more comes: it was complete, or not. */
  onOver(complete: boolean): void
  /** It broke off. Default: nothing is done about that but to pass it on. */
  onFailed?(error: Error): void
  /** Which trailers go on. Default: all. */
  readonly keepsTrailers?: boolean
}

/** A body of which every byte is counted before it is passed on. What was refused is not passed on in part. */
export class MeteredBody implements Body {
  readonly #body: Body
  readonly #meter: BodyMeter
  #started = false
  #over = false

  constructor(body: Body, meter: BodyMeter) {
    this.#body = body
    this.#meter = meter
  }

  get length(): number | null {
    return this.#body.length
  }

  /** Whether anybody began to read it: then it cannot be sent a second time. */
  get started(): boolean {
    return this.#started
  }

  start(sink: BodySink): void {
    this.#started = true
    this.#body.start({
      data: (chunk) => this.#pass(chunk, sink),
      end: (trailers) => this.#end(trailers, sink),
      fail: (error) => {
        if (!this.#finish(false)) return
        this.#meter.onFailed?.(error)
        sink.fail(error)
      },
    })
  }

  pause(): void {
    this.#body.pause()
  }

  resume(): void {
    this.#body.resume()
  }

  cancel(): void {
    if (this.#finish(false)) this.#body.cancel()
  }

  #pass(chunk: Uint8Array, sink: BodySink): void {
    if (this.#over) return
    if (this.#meter.onBytes(chunk.length, chunk)) {
      sink.data(chunk)
      return
    }
    if (!this.#finish(false)) return
    this.#body.cancel()
    sink.fail(new Error('the body was stopped: a budget is used up'))
  }

  #end(trailers: readonly Field[], sink: BodySink): void {
    if (this.#finish(true)) sink.end(this.#meter.keepsTrailers === false ? [] : trailers)
  }

  #finish(complete: boolean): boolean {
    if (this.#over) return false
    this.#over = true
    this.#meter.onOver(complete)
    return true
  }
}
