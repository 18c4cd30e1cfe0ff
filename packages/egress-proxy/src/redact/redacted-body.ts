import type { Body, BodySink, Field } from '../http-message.ts'
import type { Overwriter } from './overwriter.ts'

/** How what a body holds is made unreadable. */
export interface BodyRedaction {
  readonly overwriter: Overwriter
  readonly trailers: (fields: readonly Field[]) => readonly Field[]
}

/** A body in which secrets are overwritten on the way. It is as long as it was. */
export class RedactedBody implements Body {
  readonly #body: Body
  readonly #redaction: BodyRedaction
  #over = false

  constructor(body: Body, redaction: BodyRedaction) {
    this.#body = body
    this.#redaction = redaction
  }

  get length(): number | null {
    return this.#body.length
  }

  start(sink: BodySink): void {
    this.#body.start({
      data: (chunk) => this.#pass(this.#redaction.overwriter.push(chunk), sink),
      end: (trailers) => this.#end(trailers, sink),
      fail: (error) => {
        if (this.#over) return
        this.#over = true
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
    if (this.#over) return
    this.#over = true
    this.#body.cancel()
  }

  #pass(chunks: readonly Uint8Array[], sink: BodySink): void {
    // Whoever takes the first chunk may not want the second.
    for (const chunk of chunks) if (!this.#over) sink.data(chunk)
  }

  #end(trailers: readonly Field[], sink: BodySink): void {
    this.#pass(this.#redaction.overwriter.flush(), sink)
    if (this.#over) return
    this.#over = true
    sink.end(this.#redaction.trailers(trailers))
  }
}
