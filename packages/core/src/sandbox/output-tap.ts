import type { OutputStream } from '../driver.ts'
import type { OutputChunk } from '../result.ts'

/** A chunk that waits for its reader, and whether credit for it is still owed. */
interface Waiting extends OutputChunk {
  readonly owed: boolean
}

/**
 * Hands output to one reader at the reader's pace: credit for a chunk is given back when the reader
 * takes it, so a slow reader slows the command down and nothing is lost.
 */
export class OutputTap {
  readonly #consumed: (stream: OutputStream, bytes: number) => void
  #waiting: Waiting[] = []
  #wake: () => void = () => undefined
  #failure: Error | null = null
  #ended = false
  #closed = false

  constructor(consumed: (stream: OutputStream, bytes: number) => void) {
    this.#consumed = consumed
  }

  /** Adds a chunk. `owed` is false for bytes whose credit was given back before the reader came. */
  push(stream: OutputStream, chunk: Uint8Array, owed: boolean): void {
    if (this.#closed) {
      if (owed) this.#consumed(stream, chunk.length)
      return
    }
    this.#waiting.push({ stream, chunk, owed })
    this.#wake()
  }

  /** Nothing more will come. With a failure, the reader gets it after what is waiting. */
  end(failure: Error | null = null): void {
    this.#ended = true
    this.#failure = failure
    this.#wake()
  }

  /** The next chunk, or `null` at the end. One caller at a time. */
  async next(): Promise<OutputChunk | null> {
    for (;;) {
      const first = this.#waiting.shift()
      if (first !== undefined) return this.#take(first)
      if (this.#closed) return null
      if (this.#failure !== null) throw this.#failure
      if (this.#ended) return null
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** The reader went away: what comes from now on is let through unread. */
  close(): void {
    this.#closed = true
    for (const { stream, chunk, owed } of this.#waiting)
      if (owed) this.#consumed(stream, chunk.length)
    this.#waiting = []
    this.#wake()
  }

  #take(first: Waiting): OutputChunk {
    if (first.owed) this.#consumed(first.stream, first.chunk.length)
    return { stream: first.stream, chunk: first.chunk }
  }
}
