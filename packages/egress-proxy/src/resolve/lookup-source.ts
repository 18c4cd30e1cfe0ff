import { promises as dns } from 'node:dns'

/** What a name leads to. */
export interface LookupAnswer {
  /** Literals, in the order in which they should be tried. */
  readonly addresses: readonly string[]
  /** How long the answer may be believed, in milliseconds; `null` when the source cannot tell. */
  readonly ttlMs: number | null
}

/** Asks for the addresses of a canonical name. Rejects when there are none. Cannot be called off. */
export type LookupSource = (host: string) => Promise<LookupAnswer>

/**
 * Asks the host's own resolver (`getaddrinfo`), as every other program of the host does: `/etc/hosts`,
 * a VPN's split horizon, mDNS and the order of RFC 6724 hold for the sandbox too. Querying name servers
 * directly would give TTLs, but a different truth than the host has, and a second place to configure.
 * The TTL that is missing here is made up for by a short belief; what stands behind `getaddrinfo` caches.
 */
export function hostLookupSource(): LookupSource {
  return async (host) => {
    const found = await dns.lookup(host, { all: true, verbatim: true })
    return { addresses: found.map(({ address }) => address), ttlMs: null }
  }
}
