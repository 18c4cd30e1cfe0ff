/** What one connection may do within {@link windowMs}. */
const windowMs = 10_000

/** PING, SETTINGS, PRIORITY and ORIGIN frames together. Keep-alives and estimators need a few a second. */
const controlFrames = 1_000

/** Streams that were reset beyond those that were completed. A client that leaves cancels what it had. */
const resets = 200

/** Bytes a second that carried neither a header nor a body. */
const overheadBytes = 262_144

/** Bytes a connection moved so far. */
export interface Moved {
  /** Everything that was read from it. */
  readonly wire: number
  /** Headers and bodies in what was read. */
  readonly useful: number
  /** Bodies that were sent: a peer answers these with window updates. */
  readonly sent: number
}

/**
 * Tells floods from work: frames that cost us an answer, and streams that are opened to be reset. nghttp2
 * bounds what is queued; this bounds what is done for nothing.
 */
export class FloodGauge {
  #since: number
  #controls = 0
  #resets = 0
  #completed = 0
  #moved: Moved = { wire: 0, useful: 0, sent: 0 }
  #movedAt: number

  constructor(now: number) {
    this.#since = now
    this.#movedAt = now
  }

  /** A control frame came. Whether that is too many. */
  control(now: number): boolean {
    this.#turn(now)
    this.#controls += 1
    return this.#controls > controlFrames
  }

  /** The peer reset a stream. Whether that is too many. */
  reset(now: number): boolean {
    this.#turn(now)
    this.#resets += 1
    return this.#resets > resets + this.#completed
  }

  /** A stream was completed. */
  complete(now: number): void {
    this.#turn(now)
    this.#completed += 1
  }

  /** Whether too much came since the last look that was of no use (window updates, padding, unknown frames). */
  overhead(moved: Moved, now: number): boolean {
    const before = this.#moved
    const seconds = Math.max(1, (now - this.#movedAt) / 1_000)
    this.#moved = moved
    this.#movedAt = now
    // A frame that carries one byte costs ten, and up to 256 with padding; a window update answers at
    // least some hundred bytes of ours.
    const allowed = (moved.useful - before.useful) * 32 + (moved.sent - before.sent) / 8
    return moved.wire - before.wire > allowed + overheadBytes * seconds
  }

  #turn(now: number): void {
    if (now - this.#since < windowMs) return
    this.#since = now
    this.#controls = 0
    this.#resets = 0
    this.#completed = 0
  }
}
