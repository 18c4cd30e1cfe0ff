import type { Http2Session, Http2Stream } from 'node:http2'

/** How long the handle of a session outlives it. What streams left to an immediate is over by then. */
const lingerMs = 1_000

/**
 * Node aborts the process when a session is collected before a stream that still holds a part of a header.
 * A held value is kept until its target is gone: so each session stays for as long as any of its streams.
 * The registry has to live as long as the process, for a registry that is collected keeps nothing.
 */
const sessionsOfStreams = new FinalizationRegistry<object>(() => undefined)

/** Keeps the native side of a session in being until nothing of its streams is left. */
export class KeptHandle {
  readonly #handle: object | null
  readonly #held: NodeJS.Timeout

  constructor(session: Http2Session) {
    this.#handle = handleOf(session)
    // A timer that runs is never collected, and with it what it was given.
    this.#held = setInterval(() => this.#handle, 60_000)
    this.#held.unref()
    session.once('close', () => {
      clearInterval(this.#held)
      setTimeout(() => this.#handle, lingerMs).unref()
    })
  }

  /** Whether Node let us have what is kept. Without it nothing may be served. */
  get isKept(): boolean {
    return this.#handle !== null
  }

  /** Has the session stay for as long as `stream`. Whether that is so. */
  tie(stream: Http2Stream): boolean {
    // A stream that is over already was never written to, and such ones leave nothing.
    if (stream.destroyed) return true
    const handle = handleOf(stream)
    if (handle === null || this.#handle === null) return false
    sessionsOfStreams.register(handle, this.#handle)
    return true
  }
}

function handleOf(owner: object): object | null {
  for (const key of Object.getOwnPropertySymbols(owner)) {
    if (key.description !== 'kHandle') continue
    const handle: unknown = Reflect.get(owner, key)
    return typeof handle === 'object' && handle !== null ? handle : null
  }
  return null
}
