import type { BodySender } from './body-sender.ts'
import type { StreamBody } from './stream-body.ts'

/** How long an upload may be as slow as it likes. */
const graceMs = 30_000

/** What the two directions of a stream are held to. */
export interface StallBounds {
  readonly idleMs: number
  /** `0`: no least rate. */
  readonly bytesPerSecond: number
}

/** Watches over one stream from sweep to sweep, so that no stream needs a timer of its own. */
export class StallWatch {
  readonly #bounds: StallBounds
  #wantedMs = 0

  constructor(bounds: StallBounds) {
    this.#bounds = bounds
  }

  /**
   * Whether the peer holds the stream up: we wait for it to send, or to take, and nothing moved for too
   * long or too slowly. While we are the slow side it is never true.
   */
  sweep(
    sides: { body: StreamBody | null; sender: BodySender | null },
    now: number,
    tickMs: number,
  ): boolean {
    const { body, sender } = sides
    const wanted = body?.wanted === true
    if (!wanted && sender?.blocked !== true) return false
    const movedAt = Math.max(body?.movedAt ?? 0, sender?.movedAt ?? 0)
    if (now - movedAt > this.#bounds.idleMs) return true
    // Once it is answered an exchange may be a conversation, where silence is no fault.
    return wanted && sender === null && this.#isSlow(body.received, tickMs)
  }

  #isSlow(received: number, tickMs: number): boolean {
    this.#wantedMs += tickMs
    if (this.#wantedMs <= graceMs) return false
    return (received * 1_000) / this.#wantedMs < this.#bounds.bytesPerSecond
  }
}
