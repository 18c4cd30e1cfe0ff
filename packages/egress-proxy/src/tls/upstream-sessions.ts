/**
 * TLS sessions of one dialer, so that a second connection to a host needs no full handshake. Shared by
 * connections that verify by the same authorities and prove themselves by the same certificate only.
 */
export class UpstreamSessions {
  readonly #most: number
  readonly #byHost = new Map<string, Buffer>()

  /** @param most - hosts that are remembered */
  constructor(most = 64) {
    this.#most = most
  }

  /** The newest session, once: a ticket that is used twice lets an observer link connections (RFC 8446, C.4). */
  take(host: string): Buffer | undefined {
    const session = this.#byHost.get(host)
    this.#byHost.delete(host)
    return session
  }

  keep(host: string, session: Buffer): void {
    this.#byHost.delete(host)
    this.#byHost.set(host, session)
    if (this.#byHost.size <= this.#most) return
    const [oldest] = this.#byHost.keys()
    if (oldest !== undefined) this.#byHost.delete(oldest)
  }

  clear(): void {
    this.#byHost.clear()
  }
}
