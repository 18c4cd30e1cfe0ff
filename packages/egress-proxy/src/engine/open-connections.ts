import type { Handling } from '../decide/decision.ts'
import type { ConnectionRequest, HttpRequest } from '../decide/request.ts'

/** What is carried without a look at each request: a tunnel, or a WebSocket. */
export type Carried =
  | { readonly request: ConnectionRequest; readonly handling: Handling }
  /** A WebSocket, with whose name is on it. */
  | { readonly request: HttpRequest; readonly identity?: string | undefined }

/** A connection through which things go that were judged when it began. */
export type OpenTunnel = { cut(): void } & Carried

/** What is open now, so that closing, and a newer policy, reach it. */
export class OpenConnections {
  readonly #clients = new Set<{ destroy(): void }>()
  readonly #tunnels = new Set<OpenTunnel>()
  readonly #most: number
  readonly #onChange: (by: number) => void

  constructor(most: number, onChange: (by: number) => void = () => undefined) {
    this.#most = most
    this.#onChange = onChange
  }

  get count(): number {
    return this.#clients.size
  }

  /** `false`: there are too many, and this one is not taken. */
  enter(client: { destroy(): void }): boolean {
    if (this.#clients.size >= this.#most) return false
    this.#clients.add(client)
    this.#onChange(1)
    return true
  }

  leave(client: { destroy(): void }): void {
    if (this.#clients.delete(client)) this.#onChange(-1)
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
    this.#onChange(-this.#clients.size)
    this.#clients.clear()
    this.#tunnels.clear()
  }
}
