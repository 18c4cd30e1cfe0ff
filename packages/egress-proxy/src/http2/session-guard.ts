import type { Http2Session, Http2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import { Http2Error, errorCode } from './error-code.ts'
import { FloodGauge, type Moved } from './flood-gauge.ts'
import { KeptHandle } from './kept-handle.ts'

/** How long a GOAWAY may take to leave before the connection is cut. */
const partingMs = 1_000

/** Between two looks at every stream of a connection. */
const sweepMs = 1_000

/**
 * A peer of which nothing came for so long is asked for a sign of life, and cut when none comes. This also
 * ends sessions that nghttp2 gave up after an error of framing: Node stops reading those and tells nobody.
 */
const quietMs = 5_000
const signMs = 20_000

/** What a guard asks of, and tells to, its side of the connection. */
export interface GuardEvents {
  /** Headers and bodies so far. */
  moved(): Omit<Moved, 'wire'>
  /** Whether somebody waits for something of this connection. */
  isBusy(): boolean
  /** Time to look at the streams. */
  sweep(now: number, tickMs: number): void
  /** The peer flooded us; the session is being ended. */
  flooded(): void
}

/** Keeps the peer of one HTTP/2 connection within bounds, on either side of the proxy. */
export class SessionGuard {
  readonly gauge: FloodGauge = new FloodGauge(performance.now())
  readonly #session: Http2Session
  readonly #connection: Duplex
  readonly #events: GuardEvents
  readonly #timer: NodeJS.Timeout
  readonly #kept: KeptHandle
  #sweptAt: number = performance.now()
  #flooded = false
  #wire = -1
  #readAt: number = performance.now()
  #asked = false

  constructor(session: Http2Session, connection: Duplex, events: GuardEvents) {
    this.#session = session
    this.#connection = connection
    this.#events = events
    this.#kept = new KeptHandle(session)
    this.#timer = setInterval(() => this.#sweep(), sweepMs)
    this.#timer.unref()
    session.once('close', () => clearInterval(this.#timer))
  }

  /** Whether what keeps Node from aborting is in place; without it nothing may be served. */
  get isSafe(): boolean {
    return this.#kept.isKept
  }

  /** Watches over a stream that begins. */
  tie(stream: Http2Stream): void {
    if (!this.#kept.tie(stream)) setImmediate(() => this.end(errorCode.internal))
  }

  /** A frame came that asks for work and carries nothing. */
  control(): void {
    this.check(this.gauge.control(performance.now()))
  }

  /** Ends the session when `tooMuch`. */
  check(tooMuch: boolean): void {
    if (!tooMuch || this.#flooded || this.#session.destroyed) return
    this.#flooded = true
    this.#events.flooded()
    // Never from within a callback of nghttp2: what is destroyed there is still in use.
    setImmediate(() => this.end(errorCode.enhanceYourCalm))
  }

  /** Sends GOAWAY with `code`, and cuts the connection soon after, whether the peer reads or not. */
  end(code: number): void {
    clearInterval(this.#timer)
    if (!this.#session.destroyed) {
      const error = code === errorCode.none ? undefined : new Http2Error('limit', 'a flood')
      this.#session.destroy(error, code)
    }
    if (this.#connection.destroyed) return
    const cut = setTimeout(() => this.#connection.destroy(), partingMs)
    cut.unref()
    this.#connection.once('close', () => clearTimeout(cut))
  }

  #sweep(): void {
    const now = performance.now()
    const tickMs = now - this.#sweptAt
    this.#sweptAt = now
    this.#events.sweep(now, tickMs)
    const wire = readCount(this.#connection)
    if (wire === null) return
    this.#listen(wire, now)
    this.check(this.gauge.overhead({ wire, ...this.#events.moved() }, now))
  }

  #listen(wire: number, now: number): void {
    if (wire !== this.#wire || !this.#events.isBusy() || this.#session.closed) {
      this.#wire = wire
      this.#readAt = now
      this.#asked = false
      return
    }
    if (now - this.#readAt > quietMs + signMs) {
      this.end(errorCode.none)
    } else if (now - this.#readAt > quietMs && !this.#asked) {
      this.#asked = true
      // The answer shows in what is read.
      if (!this.#session.destroyed) this.#session.ping(() => undefined)
    }
  }
}

/** Bytes read of a socket; `null` for a stream that does not count. */
function readCount(connection: Duplex): number | null {
  const count: unknown = Reflect.get(connection, 'bytesRead')
  return typeof count === 'number' ? count : null
}
