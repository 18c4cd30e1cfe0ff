import type { Duplex } from 'node:stream'
import { dialRefusal } from './dial-refusal.ts'

/**
 * Reads the few bytes of a handshake with a parent proxy and leaves everything after them in the stream,
 * for whoever takes the connection over. Ends when the signal aborts, with its reason.
 */
export class HandshakeReader {
  readonly #stream: Duplex
  readonly #signal: AbortSignal

  constructor(stream: Duplex, signal: AbortSignal) {
    this.#stream = stream
    this.#signal = signal
  }

  /** Exactly so many bytes. */
  take(length: number): Promise<Buffer> {
    return this.#until(() => {
      const chunk: unknown = this.#stream.read(length)
      // At the end of a stream, `read` gives what is left, even when it is less.
      return chunk instanceof Buffer && chunk.length === length ? chunk : null
    })
  }

  /** A header up to and with its empty line, at most `limit` bytes. */
  takeHead(limit: number): Promise<Buffer> {
    const collected = Buffer.allocUnsafe(limit)
    let length = 0
    return this.#until(() => {
      for (;;) {
        const chunk: unknown = this.#stream.read()
        if (!(chunk instanceof Buffer)) return null
        const taken = chunk.copy(collected, length)
        const searchFrom = Math.max(0, length - 3)
        length += taken
        const end = collected.subarray(0, length).indexOf('\r\n\r\n', searchFrom, 'latin1')
        if (end === -1 && length === limit) throw malformed()
        if (end === -1) continue
        this.#putBack(chunk, taken - (length - (end + 4)))
        return collected.subarray(0, end + 4)
      }
    })
  }

  #putBack(chunk: Buffer, used: number): void {
    if (used < chunk.length) this.#stream.unshift(chunk.subarray(used))
  }

  #until<Result>(attempt: () => Result | null): Promise<Result> {
    const stream = this.#stream
    const signal = this.#signal
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        stream.off('readable', onReadable)
        stream.off('end', onEnd)
        stream.off('close', onEnd)
        stream.off('error', onEnd)
        signal.removeEventListener('abort', onAbort)
      }
      const fail = (error: unknown): void => {
        leave()
        reject(error instanceof Error ? error : dialRefusal('closed'))
      }
      const onEnd = (): void => fail(dialRefusal('connect_failed', 'parent proxy hung up'))
      const onAbort = (): void => fail(signal.reason)
      const onReadable = (): void => {
        try {
          const result = attempt()
          if (result === null) return
          leave()
          resolve(result)
        } catch (error) {
          fail(error)
        }
      }
      stream.on('readable', onReadable)
      stream.on('end', onEnd)
      stream.on('close', onEnd)
      stream.on('error', onEnd)
      signal.addEventListener('abort', onAbort, { once: true })
      if (signal.aborted) onAbort()
      else if (stream.destroyed) onEnd()
      else onReadable()
    })
  }
}

function malformed(): Error {
  return dialRefusal('connect_failed', 'malformed answer of the parent proxy')
}
