import type { Handling } from '../decide/decision.ts'
import type { ConnectionRequest, HttpRequest } from '../decide/request.ts'

/** A connection through which things go that were judged when it began: a tunnel, or a WebSocket. */
export type OpenTunnel = { cut(): void } & (
  | { readonly request: ConnectionRequest; readonly handling: Handling }
  | { readonly request: HttpRequest }
)

/** What is open now, so that closing, and a newer policy, reach it. */
export class OpenConnections {
  readonly #clients = new Set<{ destroy(): void }>()
  readonly #tunnels = new Set<OpenTunnel>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  get count(): number {
    return this.#clients.size
  }

  /** `false`: there are too many, and this one is not taken. */
  enter(client: { destroy(): void }): boolean {
    if (this.#clients.size >= this.#most) return false
    this.#clients.add(client)
    return true
  }

  leave(client: { destroy(): void }): void {
    this.#clients.delete(client)
  }

  /** Returns what takes it off the list again. */
  addTunnel(tunnel: OpenTunnel): () => void {
    this.#tunnels.add(tunnel)
    return () => void this.#tunnels.delete(tunnel)
  }

  /** Cuts every tunnel that is not allowed any more; returns how many those were. */
  recheck(isAllowed: (tunnel: OpenTunnel) => boolean): number {
    const lost = [...this.#tunnels].filter((tunnel) => !isAllowed(tunnel))
    for (const tunnel of lost) {
      this.#tunnels.delete(tunnel)
      tunnel.cut()
    }
    return lost.length
  }

  destroyAll(): void {
    for (const client of this.#clients) client.destroy()
    this.#clients.clear()
    this.#tunnels.clear()
  }
}
