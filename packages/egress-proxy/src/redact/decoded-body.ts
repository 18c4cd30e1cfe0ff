import type { Transform } from 'node:stream'
import type { Body, BodySink, Field } from '../http-message.ts'
import { type ContentCoding, decoderFor, RatioGuard } from '../scan/content-coding.ts'

/**
 * A body without its content-coding. It fails when what comes is not of the coding, is cut short, or grows
 * to more than a hundred times its size; never does it look complete then.
 */
export class DecodedBody implements Body {
  readonly length: number | null = null
  readonly #body: Body
  readonly #coding: ContentCoding
  readonly #ratio = new RatioGuard()
  #decoder: Transform | null = null
  #sink: BodySink | null = null
  #trailers: readonly Field[] = []
  #paused = false
  #sourceOver = false
  #decoderOver = false
  #over = false

  constructor(body: Body, coding: ContentCoding) {
    this.#body = body
    this.#coding = coding
  }

  start(sink: BodySink): void {
    this.#sink = sink
    this.#body.start({
      data: (chunk) => this.#take(chunk),
      end: (trailers) => this.#end(trailers),
      fail: (error) => this.#fail(error),
    })
  }

  pause(): void {
    this.#paused = true
    if (this.#decoder === null) this.#body.pause()
    else this.#decoder.pause()
  }

  resume(): void {
    this.#paused = false
    this.#decoder?.resume()
    // A full decoder asks for more by itself.
    if (this.#decoder?.writableNeedDrain !== true) this.#body.resume()
  }

  cancel(): void {
    if (!this.#finish()) return
    this.#body.cancel()
  }

  #take(chunk: Uint8Array): void {
    if (this.#over || this.#decoderOver || chunk.length === 0) return
    this.#ratio.coded(chunk.length)
    this.#decoder ??= this.#open(chunk[0] ?? 0)
    if (!this.#decoder.write(chunk)) this.#body.pause()
  }

  #open(first: number): Transform {
    const decoder = decoderFor(this.#coding, first)
    decoder.on('data', (part: Buffer) => this.#pass(part))
    decoder.on('drain', () => {
      if (!this.#over) this.#body.resume()
    })
    decoder.once('end', () => this.#decoded())
    decoder.on('error', () => this.#break('the answer is not of the coding that it says'))
    if (this.#paused) decoder.pause()
    return decoder
  }

  #pass(part: Buffer): void {
    if (this.#over) return
    if (this.#ratio.decoded(part.length)) this.#sink?.data(part)
    else this.#break('the answer grows too much when it is decoded')
  }

  #end(trailers: readonly Field[]): void {
    if (this.#over) return
    this.#trailers = trailers
    this.#sourceOver = true
    if (this.#decoder === null || this.#decoderOver) this.#complete()
    else this.#decoder.end()
  }

  /** What follows the end of a coding is not of the body; it is let go by unread. */
  #decoded(): void {
    this.#decoderOver = true
    if (this.#over) return
    if (this.#sourceOver) this.#complete()
    else this.#body.resume()
  }

  #complete(): void {
    if (this.#finish()) this.#sink?.end(this.#trailers)
  }

  #fail(error: Error): void {
    if (this.#finish()) this.#sink?.fail(error)
  }

  #break(message: string): void {
    if (!this.#finish()) return
    this.#body.cancel()
    this.#sink?.fail(new Error(message))
  }

  #finish(): boolean {
    if (this.#over) return false
    this.#over = true
    this.#decoder?.destroy()
    return true
  }
}
