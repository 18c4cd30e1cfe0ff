import type { UpstreamConnection } from '../exchange.ts'
import { dialRefusal } from './dial-refusal.ts'

interface Waiter {
  readonly resolve: (connection: UpstreamConnection | Promise<UpstreamConnection>) => void
  readonly reject: (error: unknown) => void
  readonly leave: () => void
}

/** Tries once more for one who waited, after somebody else got the connection. */
export type Retry = (signal: AbortSignal) => Promise<UpstreamConnection>

/**
 * One dial that several requests wait for, so that a burst of requests to one upstream makes one HTTP/2
 * connection and not many. It is called off when nobody waits any more.
 */
export class Flight {
  readonly #controller = new AbortController()
  readonly #waiters = new Map<Waiter, AbortSignal>()

  /** Aborts when the last who waited has left. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  wait(signal: AbortSignal): Promise<UpstreamConnection> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiters.delete(waiter)
        reject(dialRefusal('closed'))
        if (this.#waiters.size === 0) this.#controller.abort()
      }
      const leave = () => signal.removeEventListener('abort', onAbort)
      const waiter: Waiter = { resolve, reject, leave }
      this.#waiters.set(waiter, signal)
      signal.addEventListener('abort', onAbort, { once: true })
      if (signal.aborted) onAbort()
    })
  }

  /**
   * Gives the connection to the first who waits; the others try again, each after the one before had the
   * chance to use it, so that what they then find is what the connection can really take. `false` when
   * nobody waits any more.
   */
  land(connection: UpstreamConnection, retry: Retry): boolean {
    const [first, ...others] = this.#drain()
    if (first === undefined) return false
    first.waiter.resolve(connection)
    for (const { waiter, signal } of others) setImmediate(() => waiter.resolve(retry(signal)))
    return true
  }

  fail(error: unknown): void {
    for (const { waiter } of this.#drain()) waiter.reject(error)
  }

  #drain(): { waiter: Waiter; signal: AbortSignal }[] {
    const drained = Array.from(this.#waiters, ([waiter, signal]) => ({ waiter, signal }))
    this.#waiters.clear()
    for (const { waiter } of drained) waiter.leave()
    return drained
  }
}
