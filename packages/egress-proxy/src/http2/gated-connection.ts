import { Duplex } from 'node:stream'
import type { FrameGate } from './frame-gate.ts'
import type { FrameFault } from './frame-header.ts'

/** What a gated connection asks of, and tells to, the one who made it. */
export interface GatedEvents {
  /** Whether the session still takes bytes. Asked before each piece. */
  isOpen(): boolean
  /** The peer broke the framing. Told once, outside of any read. */
  refused(fault: FrameFault): void
}

/**
 * A connection whose bytes from the peer go through a gate, one piece in each read of the session: when a
 * session is destroyed within a read, nothing is behind that piece which it could still stumble over.
 */
export class GatedConnection extends Duplex {
  readonly #connection: Duplex
  readonly #gate: FrameGate
  readonly #events: GatedEvents
  #full = false
  #stopped = false
  /** The next piece is given on in a tick of its own. */
  #waiting = false

  constructor(connection: Duplex, gate: FrameGate, events: GatedEvents) {
    // Of read bytes one piece at most is kept here: the others wait until they are asked for.
    super({ readableHighWaterMark: 1, allowHalfOpen: true })
    this.#connection = connection
    this.#gate = gate
    this.#events = events
    this.on('error', () => undefined)
    connection.on('data', (chunk: Buffer) => this.#onData(chunk))
    connection.once('end', () => this.push(null))
    connection.once('close', () => this.destroy())
  }

  override _read(): void {
    if (!this.#full) return
    this.#full = false
    this.#schedule()
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#afterWrite(this.#connection.write(chunk), done)
  }

  override _writev(
    chunks: readonly { readonly chunk: Buffer }[],
    done: (error?: Error | null) => void,
  ): void {
    this.#connection.cork()
    let room = true
    for (const { chunk } of chunks) room = this.#connection.write(chunk)
    this.#connection.uncork()
    this.#afterWrite(room, done)
  }

  override _final(done: () => void): void {
    this.#connection.end()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#stopped = true
    // What was written last, a GOAWAY, may still leave; whoever ends a session cuts the connection later.
    if (!this.#connection.destroyed) this.#connection.end()
    done(error)
  }

  #onData(chunk: Buffer): void {
    if (this.#stopped) return
    this.#gate.feed(chunk)
    if (!this.#waiting) this.#pump()
  }

  /**
   * Gives one piece on, and the next after what that one brought about: Node tells of a stream in a later
   * tick, and would tell of its end before its beginning.
   */
  #pump(): void {
    this.#waiting = false
    if (this.#stopped || this.#full) return
    if (!this.#events.isOpen()) {
      this.#stopped = true
      return
    }
    const piece = this.#gate.next()
    if (piece === null) this.#onDrained()
    else if (this.push(piece)) this.#schedule()
    else this.#full = true
    if (this.#full) this.#connection.pause()
  }

  #schedule(): void {
    if (this.#waiting) return
    this.#waiting = true
    process.nextTick(() => this.#pump())
  }

  #onDrained(): void {
    const { fault } = this.#gate
    if (fault === null) {
      if (this.#connection.isPaused()) this.#connection.resume()
      return
    }
    this.#stopped = true
    setImmediate(() => this.#events.refused(fault))
  }

  /** A connection that is destroyed never drains; then this one is destroyed too. */
  #afterWrite(room: boolean, done: (error?: Error | null) => void): void {
    if (room || this.#connection.destroyed) done()
    else this.#connection.once('drain', () => done())
  }
}
