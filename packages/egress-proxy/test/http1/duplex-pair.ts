import { Duplex } from 'node:stream'

/** One end of a connection within this process. What is written comes out at the other end. */
class End extends Duplex {
  peer: End | null = null
  #waiting: (() => void) | null = null

  override _read(): void {
    const waiting = this.#waiting
    this.#waiting = null
    waiting?.()
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    setImmediate(() => this.peer?.receive(chunk, done))
  }

  override _final(done: () => void): void {
    setImmediate(() => {
      this.peer?.push(null)
      done()
    })
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { peer } = this
    setImmediate(() => {
      if (peer !== null && !peer.destroyed && !this.writableFinished) peer.destroy()
    })
    done(error)
  }

  receive(chunk: Buffer, done: () => void): void {
    if (this.destroyed) done()
    else if (this.push(Buffer.from(chunk))) done()
    else this.#waiting = done
  }
}

/** Two ends of one connection, with half-close, back-pressure, and a cut that the other end sees. */
export function duplexPair(): [Duplex, Duplex] {
  const left = new End({ allowHalfOpen: true })
  const right = new End({ allowHalfOpen: true })
  left.peer = right
  right.peer = left
  return [left, right]
}
