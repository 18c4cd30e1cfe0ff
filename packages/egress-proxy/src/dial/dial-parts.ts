import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { UpstreamConnection } from '../exchange.ts'
import type { ProxyLimits } from '../limits.ts'
import type { Destination, DialIdentity } from './dial.ts'
import type { Routing } from './route.ts'
import type { AddressJudge } from './vet.ts'

/** Where names become addresses. */
export interface NameResolver {
  resolve(host: string, signal: AbortSignal): Promise<readonly string[]>
}

/** A TLS handshake as a client. Verification is the business of whoever implements it; there is no way around. */
export interface TlsWish {
  /** The canonical name or address that the certificate must be for. */
  readonly host: string
  readonly port: number
  readonly alpn: readonly ('h2' | 'http/1.1')[]
  /** For which peer: upstreams and a parent proxy have trust of their own. */
  readonly peer: 'upstream' | 'parent'
  /** A certificate of its own to show. */
  readonly identity?: DialIdentity | undefined
  readonly signal: AbortSignal
}

/** What the dialer keeps to. */
export type DialLimits = Pick<
  ProxyLimits,
  'connections' | 'connectMs' | 'resolveMs' | 'tlsMs' | 'idleUpstreams' | 'idleUpstreamMs'
>

/** What a dialer is made of. */
export interface DialParts {
  readonly resolver: NameResolver
  readonly judge: AddressJudge
  readonly routing: Routing
  readonly limits: DialLimits
  connectTls(socket: Duplex, wish: TlsWish): Promise<TLSSocket>
  connectHttp1(connection: Duplex): UpstreamConnection
  connectHttp2(connection: Duplex, origin: Origin): UpstreamConnection
  /** A clock in milliseconds that never goes back. */
  readonly now: () => number
}

/** A destination with what its connections have in common. */
export interface Origin extends Destination {
  readonly scheme: 'https' | 'http'
  readonly identity?: DialIdentity | undefined
}
