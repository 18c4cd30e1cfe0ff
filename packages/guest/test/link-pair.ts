import { Duplex } from 'node:stream'

class End extends Duplex {
  other: End | undefined
  #resume: (() => void) | undefined

  override _read(): void {
    const resume = this.#resume
    this.#resume = undefined
    resume?.()
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    const { other } = this
    if (other === undefined || other.destroyed || other.readableEnded) return done()
    if (other.push(chunk)) setImmediate(done)
    else other.#resume = done
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const { other } = this
    this.other = undefined
    setImmediate(() => other?.push(null))
    done(error)
  }
}

/** Two ends of a byte stream in memory, with back-pressure, as a socket pair has. */
export function linkPair(): [Duplex, Duplex] {
  const [left, right] = [new End(), new End()]
  left.other = right
  right.other = left
  return [left, right]
}
