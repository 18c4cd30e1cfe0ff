import type { EgressPeer } from '@caisson/core'
import { setMaxListeners } from 'node:events'
import type { Duplex } from 'node:stream'
import type { Door, HttpRequest } from '../decide/request.ts'

/** One connection of the sandbox, from its door to its end. */
export class Client {
  readonly stream: Duplex
  /** The inner end, where it is known. */
  readonly peer: EgressPeer | null
  /** Aborted when the connection is over: whatever is done on its behalf stops. */
  readonly signal: AbortSignal
  readonly #abort = new AbortController()
  readonly #locate: (peer: EgressPeer) => Promise<string | null>
  #owner: Promise<string | null> | null = null

  constructor(
    stream: Duplex,
    peer: EgressPeer | null,
    locate: (peer: EgressPeer) => Promise<string | null>,
  ) {
    this.stream = stream
    this.peer = peer
    this.#locate = locate
    this.signal = this.#abort.signal
    // Each stream of HTTP/2 that waits listens, and Node.js would warn the host's owner of many.
    setMaxListeners(0, this.signal)
    // Errors are told by whoever reads; without a listener they would end the host process.
    stream.on('error', () => undefined)
    stream.once('close', () => this.#abort.abort(new Error('the client has left')))
  }

  /** The command that holds the connection. Asked once: who passes it on answers for it. */
  owner(): Promise<string | null> {
    this.#owner ??= this.peer === null ? Promise.resolve(null) : this.#locate(this.peer)
    return this.#owner
  }

  destroy(): void {
    this.stream.destroy()
  }
}

/** What a request is recorded by. */
export interface Asked {
  readonly door: Door
  readonly host: string
  readonly port: number | null
  readonly method: string | null
  readonly path: string | null
  /** The whole of it, where it could be read: for the names in it that are written down. */
  readonly request?: HttpRequest | undefined
}
