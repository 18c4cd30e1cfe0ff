import type { Http2Stream } from 'node:http2'

/**
 * Tells an end that the peer wrote (END_STREAM) from one that Node made up: when a stream is reset with
 * NO_ERROR, Node ends its readable side as if it were whole. Both go through `push(null)`; but for the
 * true one the stream is not yet closed at that moment.
 */
export class EndMark {
  readonly #stream: Http2Stream
  #true = false

  constructor(stream: Http2Stream) {
    this.#stream = stream
    const push = stream.push.bind(stream)
    stream.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
      if (chunk === null && !stream.closed) this.#true = true
      return push(chunk, encoding)
    }
  }

  /**
   * Whether an end that was just told is to be taken for a cut. An end from before the watch began
   * counts as true only while the stream is open.
   */
  get wasCut(): boolean {
    return !this.#true && this.#stream.closed
  }
}
