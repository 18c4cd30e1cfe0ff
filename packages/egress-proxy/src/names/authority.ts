import {
  canonicalHost,
  canonicalPort,
  type CanonicalHost,
  type NameFault,
} from './canonical-host.ts'

/** Where a request says it goes. */
export interface Authority extends CanonicalHost {
  readonly port: number
}

/**
 * Reads `host` or `host:port` as it stands in `Host`, `:authority`, CONNECT and absolute targets, in
 * canonical form. User information is refused, and so is IPv6 without brackets. Without a port the default
 * holds; `null` means that there has to be one.
 */
export function parseAuthority(raw: string, defaultPort: number | null): Authority | NameFault {
  const split = raw.startsWith('[') ? raw.indexOf(']') + 1 : raw.indexOf(':')
  const end = split === -1 ? raw.length : split
  // An opening bracket that is never closed leaves nothing to read before it.
  if (end === 0) return { fault: 'the authority has no host' }
  const rest = raw.slice(end)
  const port = rest === '' ? defaultPort : portOf(rest)
  if (port === null) return { fault: 'the authority has no port, or one that is not 1 to 65535' }
  const host = canonicalHost(raw.slice(0, end))
  if ('fault' in host) return host
  return { host: host.host, literal: host.literal, port }
}

function portOf(rest: string): number | null {
  return rest.startsWith(':') ? canonicalPort(rest.slice(1)) : null
}

/** Writes a host and port as they go into `Host` and `:authority`: without the port where it is the usual. */
export function formatAuthority(host: string, port: number, usualPort: number): string {
  const name = host.includes(':') ? `[${host}]` : host
  return port === usualPort ? name : `${name}:${port}`
}
