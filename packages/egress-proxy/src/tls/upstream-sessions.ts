/** A session, and what proved the upstream when it began: a resumed handshake shows no certificate. */
export interface UpstreamSession {
  readonly session: Buffer
  /** DER of the upstream's own certificate. */
  readonly certificate: Buffer
}

/**
 * TLS sessions of one dialer, so that a second connection to a host needs no full handshake. Shared by
 * connections that verify by the same authorities and prove themselves by the same certificate only.
 */
export class UpstreamSessions {
  readonly #most: number
  readonly #byHost = new Map<string, UpstreamSession>()

  /** @param most - hosts that are remembered */
  constructor(most = 64) {
    this.#most = most
  }

  /** The newest session. */
  find(host: string): UpstreamSession | undefined {
    return this.#byHost.get(host)
  }

  /** A session with which a handshake failed is not tried again. */
  forget(host: string): void {
    this.#byHost.delete(host)
  }

  keep(host: string, session: UpstreamSession): void {
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
