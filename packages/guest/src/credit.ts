import type { GuestLink } from './link.ts'
import { bound, frameType } from './protocol.ts'
import { protocolError } from './protocol-error.ts'

/** Names one channel of one stream. */
export interface ChannelId {
  readonly stream: number
  readonly channel: number
}

/**
 * What init may still send on a channel. Credit goes back in halves of the window, and not while the link is backed up: a
 * peer that does not read gets none, so what waits to be sent stays bounded.
 */
export class ReceiveCredit {
  readonly #link: GuestLink
  readonly #id: ChannelId
  #granted: number = bound.CREDIT_INITIAL
  #held = 0
  #owed = 0
  #closed = false

  constructor(link: GuestLink, id: ChannelId) {
    this.#link = link
    this.#id = id
  }

  /** Credit that is out and not used. */
  get left(): number {
    return this.#granted
  }

  /** Bytes arrived. */
  take(size: number): void {
    if (this.#closed) throw protocolError(`data after EOF on stream ${this.#id.stream}`)
    if (size > this.#granted) throw protocolError(`data beyond credit on stream ${this.#id.stream}`)
    this.#granted -= size
    this.#held += size
  }

  /** The channel ends: no credit is given any more. */
  close(): void {
    if (this.#closed) throw protocolError(`EOF twice on stream ${this.#id.stream}`)
    this.#closed = true
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Bytes were consumed. More than arrived does not count. */
  give(size: number): void {
    const given = Math.min(size, this.#held)
    this.#held -= given
    this.#owed += given
    if (this.#owed >= bound.CREDIT_INITIAL / 2) this.flush()
  }

  /** Sends what is owed, now or when the link drains. */
  flush(): void {
    if (this.#closed || this.#owed === 0 || !this.#link.isOpenStream(this.#id.stream)) return
    if (this.#link.backedUp) return this.#link.flushOnDrain(this)
    const payload = Buffer.allocUnsafe(4)
    payload.writeUInt32LE(this.#owed)
    this.#granted += this.#owed
    this.#owed = 0
    this.#link.send({ type: frameType.WINDOW, flags: this.#id.channel, stream: this.#id.stream }, [
      payload,
    ])
  }
}
