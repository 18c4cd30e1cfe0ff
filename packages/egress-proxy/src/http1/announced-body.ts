import type { Body, BodySink } from '../http-message.ts'

/** The body of an answer to HEAD: the length is told, and nothing comes. */
export class AnnouncedBody implements Body {
  readonly length: number
  #isOver = false

  constructor(length: number) {
    this.length = length
  }

  start(sink: BodySink): void {
    process.nextTick(() => {
      if (this.#isOver) return
      this.#isOver = true
      sink.end([])
    })
  }

  pause(): void {
    // Nothing comes that could be held back.
  }

  resume(): void {
    // As above.
  }

  cancel(): void {
    this.#isOver = true
  }
}
