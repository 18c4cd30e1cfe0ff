import type { Body, BodySink, Field } from '../../dist/http-message.js'

/** A body in pieces, one each turn of the loop while nobody paused it. */
export class PiecedBody implements Body {
  readonly length: number | null
  readonly #pieces: readonly Uint8Array[]
  readonly #trailers: readonly Field[]
  readonly #failure: Error | null
  #sink: BodySink | null = null
  #next = 0
  #scheduled = false
  isPaused = false
  isCancelled = false

  constructor(
    pieces: readonly Uint8Array[],
    trailers: readonly Field[] = [],
    failure: Error | null = null,
  ) {
    this.#pieces = pieces
    this.#trailers = trailers
    this.#failure = failure
    this.length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  }

  /** How many pieces were taken. */
  get taken(): number {
    return this.#next
  }

  start(sink: BodySink): void {
    this.#sink = sink
    this.#schedule()
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
    this.#schedule()
  }

  cancel(): void {
    this.isCancelled = true
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#give()
    })
  }

  #give(): void {
    if (this.isPaused || this.isCancelled || this.#next > this.#pieces.length) return
    const piece = this.#pieces[this.#next]
    this.#next += 1
    if (piece !== undefined) {
      this.#sink?.data(piece)
      this.#schedule()
    } else if (this.#failure === null) this.#sink?.end(this.#trailers)
    else this.#sink?.fail(this.#failure)
  }
}

/** What became of a body. */
export interface Drained {
  readonly bytes: Buffer
  readonly chunks: readonly Uint8Array[]
  readonly trailers: readonly Field[] | null
  readonly failure: Error | null
}

/** Takes a body; with `stutter`, pauses it behind every chunk for a turn. */
export function drained(body: Body, stutter = false): Promise<Drained> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = []
    const over = (trailers: readonly Field[] | null, failure: Error | null): void =>
      resolve({ bytes: Buffer.concat(chunks), chunks, trailers, failure })
    body.start({
      data: (chunk) => {
        chunks.push(chunk)
        if (!stutter) return
        body.pause()
        setImmediate(() => body.resume())
      },
      end: (trailers) => over(trailers, null),
      fail: (error) => over(null, error),
    })
  })
}

/** Cut into pieces of so many bytes. */
export function inPieces(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size))
  return pieces
}
