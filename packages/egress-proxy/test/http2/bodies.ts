import type { Body, BodySink, Field } from '../../dist/http-message.js'

/** A body from parts that are at hand; obeys `pause`. */
export class PartsBody implements Body {
  readonly length: number | null
  cancelled = false
  pauses = 0
  readonly #parts: readonly Uint8Array[]
  readonly #end: readonly Field[] | Error
  #sink: BodySink | null = null
  #paused = false
  #at = 0

  constructor(
    parts: readonly (string | Uint8Array)[],
    options: { length?: number; end?: readonly Field[] | Error } = {},
  ) {
    this.#parts = parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))
    this.length = options.length ?? null
    this.#end = options.end ?? []
  }

  start(sink: BodySink): void {
    this.#sink = sink
    setImmediate(() => this.#flow())
  }

  pause(): void {
    this.#paused = true
    this.pauses += 1
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    setImmediate(() => this.#flow())
  }

  cancel(): void {
    this.cancelled = true
    this.#sink = null
  }

  #flow(): void {
    while (!this.#paused && this.#sink !== null) {
      const part = this.#parts[this.#at]
      this.#at += 1
      if (part !== undefined) {
        this.#sink.data(part)
        continue
      }
      const sink = this.#sink
      this.#sink = null
      if (this.#end instanceof Error) sink.fail(this.#end)
      else sink.end(this.#end)
    }
  }
}

/** A body as it came in whole, or the reason why not. */
export interface Collected {
  readonly text: string
  readonly trailers: readonly Field[]
  readonly error: Error | null
}

export function collect(body: Body | null): Promise<Collected> {
  if (body === null) return Promise.resolve({ text: '', trailers: [], error: null })
  const chunks: Uint8Array[] = []
  const text = (): string => Buffer.concat(chunks).toString('latin1')
  return new Promise((resolve) => {
    body.start({
      data: (chunk) => chunks.push(chunk),
      end: (trailers) => resolve({ text: text(), trailers, error: null }),
      fail: (error) => resolve({ text: text(), trailers: [], error }),
    })
  })
}
