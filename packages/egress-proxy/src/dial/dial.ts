import type { Duplex } from 'node:stream'
import type { UpstreamConnection } from '../exchange.ts'

/** Where a request goes: a canonical name (or an address that a rule named) and a port. */
export interface Destination {
  readonly host: string
  readonly port: number
}

/** Whose requests a connection carries: never those of two identities, as some services tie one to it. */
export interface DialIdentity {
  /** Rises in meaning only: another key is another pool. */
  readonly key: string
  /** Shown in the handshake; PEM. */
  readonly certificate?: { readonly certificate: string; readonly key: string } | undefined
}

/**
 * The way to upstreams of one sandbox. Every connection resolves the name anew (within the TTL), vets
 * every address, and dials one that passed, by number; the name stays in SNI and `Host`. Failures are
 * `RefusalError`: `resolve_failed`, `address_denied`, `self`, `connect_failed`, `tls_failed`.
 */
export interface Dialer {
  /** A bare TCP connection, for tunnels. Half-open: each side ends by itself. */
  connect(destination: Destination, signal: AbortSignal): Promise<Duplex>
  /**
   * A connection that takes requests, from the pool or new: TLS verified against the name, or plain. With
   * `protocol: "http/1.1"` it is HTTP/1 and used by nobody else meanwhile; with `h2` it is HTTP/2 where the
   * upstream speaks it, else HTTP/1. `fresh` wants a connection that carried nothing before.
   */
  open(
    destination: Destination,
    wanted: {
      readonly scheme: 'https' | 'http'
      readonly protocol: 'http/1.1' | 'h2'
      readonly fresh: boolean
      /** Default: nobody's. */
      readonly identity?: DialIdentity | undefined
    },
    signal: AbortSignal,
  ): Promise<UpstreamConnection>
  /** Idle connections to what `keep` refuses are closed; those in use when they become idle. */
  prune(keep: (destination: Destination) => boolean): void
  close(): void
}
