import { compileGuard, type AddressGuard } from '../addresses/guard.ts'
import { connectHttp1 } from '../http1/upstream.ts'
import { connectHttp2 } from '../http2/upstream-dial.ts'
import type { ProxyLimits } from '../limits.ts'
import { formatAuthority } from '../names/authority.ts'
import { hostLookupSource, type LookupSource } from '../resolve/lookup-source.ts'
import { Resolver } from '../resolve/resolver.ts'
import { connectTls } from '../tls/verify-dial.ts'
import type { DialParts } from './dial-parts.ts'
import { parseHosts, type HostsOption } from './hosts.ts'
import type { OwnAddresses } from './own-dial.ts'
import { Parent, type ParentOption } from './parent.ts'
import { PooledDialer } from './pooled-dialer.ts'
import { upstreamContexts, type ClientCertificateOption } from './upstream-contexts-dial.ts'
import type { AddressJudge, AddressVerdict } from './vet.ts'

/** What a dialer is made from. */
export interface DialerOptions {
  readonly limits: ProxyLimits
  /** Knows the proxy's listeners; whoever opens one tells it. */
  readonly own: OwnAddresses
  /** The guard of the newest policy; asked for each address. */
  readonly guard: () => AddressGuard
  readonly hosts?: HostsOption | undefined
  readonly upstream?: ParentOption | undefined
  readonly trust?: string | readonly string[] | undefined
  readonly clientCertificates?: Readonly<Record<string, ClientCertificateOption>> | undefined
  /** Default: the host's own resolver. */
  readonly lookup?: LookupSource | undefined
}

/**
 * Makes the dialer of one sandbox, of the real parts.
 *
 * @throws TypeError for options that cannot be read
 */
export function createDialer(options: DialerOptions): PooledDialer {
  const { limits, hosts, upstream, lookup = hostLookupSource() } = options
  const now = (): number => performance.now()
  const parent = upstream === undefined ? null : new Parent(upstream)
  return new PooledDialer({
    limits,
    now,
    resolver: new Resolver({ lookup, limits, now }),
    judge: addressJudge(options),
    routing: { fixed: parseHosts(hosts), parent },
    connectTls: proving(options, parent),
    connectHttp1: (connection) => connectHttp1(connection, { limits }),
    connectHttp2: (connection, { host, port }) =>
      connectHttp2(connection, { limits, authority: formatAuthority(host, port, 443) }),
  })
}

function proving(
  { limits, trust = [], clientCertificates = {} }: DialerOptions,
  parent: Parent | null,
): DialParts['connectTls'] {
  const contextOf = upstreamContexts({
    trust: typeof trust === 'string' ? [trust] : trust,
    parentTrust: parent?.trust ?? [],
    clientCertificates,
  })
  return (socket, wish) => {
    const { host, alpn, signal } = wish
    return connectTls(socket, { host, alpn, signal, limits, ...contextOf(wish) })
  }
}

function addressJudge({ guard, own }: DialerOptions): AddressJudge {
  // What this one refuses and the policy's lets pass, policy names.
  const unnamed = compileGuard({ allow: [], deny: [] })
  const judge = (address: string): AddressVerdict => {
    if (!guard().judge(address).allowed) return 'refused'
    return unnamed.judge(address).allowed ? 'public' : 'named'
  }
  return {
    judge,
    isHost: (address) => own.isHost(address),
    isListener: (address, port) => own.isListener(address, port),
  }
}
