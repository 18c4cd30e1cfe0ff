import type { Duplex } from 'node:stream'

/** From here on a piece is not worth copying. */
const largeBytes = 16_384

/** Joins what is written within one turn of the event loop into one write: one system call, one TLS record. */
export class WriteGather {
  readonly #connection: Duplex
  #held: (string | Uint8Array)[] = []
  #bytes = 0
  #isScheduled = false
  #isBlocked = false

  constructor(connection: Duplex) {
    this.#connection = connection
  }

  /** The connection took more than it could send: wait for its `drain`, then call `unblock`. */
  get isBlocked(): boolean {
    return this.#isBlocked
  }

  unblock(): void {
    this.#isBlocked = false
  }

  /** Strings are latin-1. Nothing is sent before `flush` or `flushSoon`, except when it grows large. */
  add(piece: string | Uint8Array): void {
    this.#held.push(piece)
    this.#bytes += piece.length
    if (this.#bytes >= largeBytes) this.flush()
  }

  /** Sends what is held after everything that is ready in this turn was added. */
  flushSoon(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    process.nextTick(flushScheduled, this)
  }

  flush(): void {
    const held = this.#held
    const bytes = this.#bytes
    if (held.length === 0) return
    this.#held = []
    this.#bytes = 0
    if (!this.#connection.writable) return
    if (!this.#send(held, bytes)) this.#isBlocked = true
  }

  /** Forgets what was not sent. */
  drop(): void {
    this.#held = []
    this.#bytes = 0
  }

  /** @internal */
  scheduled(): void {
    this.#isScheduled = false
    this.flush()
  }

  #send(held: readonly (string | Uint8Array)[], bytes: number): boolean {
    const connection = this.#connection
    const only = held[0]
    if (held.length === 1 && only !== undefined) {
      return typeof only === 'string' ? connection.write(only, 'latin1') : connection.write(only)
    }
    if (bytes < largeBytes * 2) return connection.write(joined(held, bytes))
    connection.cork()
    let hasRoom = true
    for (const piece of held) {
      hasRoom =
        typeof piece === 'string' ? connection.write(piece, 'latin1') : connection.write(piece)
    }
    connection.uncork()
    return hasRoom
  }
}

function joined(held: readonly (string | Uint8Array)[], bytes: number): Buffer {
  const whole = Buffer.allocUnsafe(bytes)
  let at = 0
  for (const piece of held) {
    if (typeof piece === 'string') whole.write(piece, at, 'latin1')
    else whole.set(piece, at)
    at += piece.length
  }
  return whole
}

function flushScheduled(gather: WriteGather): void {
  gather.scheduled()
}
