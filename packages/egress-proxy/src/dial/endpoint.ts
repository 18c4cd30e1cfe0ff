import { canonicalHost, canonicalPort } from '../names/canonical-host.ts'

/** A literal address and a port: what can be dialled without asking anybody. */
export interface Endpoint {
  readonly address: string
  readonly port: number
}

/** A canonical host and a port. */
export interface HostAndPort {
  readonly host: string
  readonly port: number
  /** Whether the host is an address. */
  readonly literal: boolean
}

/** `host:port` as it stands in an authority, IPv6 in brackets. */
export function authorityOf(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${String(port)}` : `${host}:${String(port)}`
}

/**
 * Reads `host:port`, IPv6 in brackets, where only the canonical spelling of a name is taken; `null` for
 * everything else.
 */
export function parseHostAndPort(text: string): HostAndPort | null {
  const colon = text.lastIndexOf(':')
  const port = canonicalPort(text.slice(colon + 1))
  const written = text.slice(0, Math.max(colon, 0))
  const name = canonicalName(written.startsWith('[') ? bracketed(written) : written)
  if (port === null || name === null) return null
  // Without brackets nobody can tell where an IPv6 address ends and the port begins.
  return name.host.includes(':') === written.startsWith('[') ? { ...name, port } : null
}

/** Reads a canonical host; `null` for a host that is written in any other way than the proxy itself would. */
export function canonicalName(text: string): { host: string; literal: boolean } | null {
  const read = canonicalHost(text)
  return 'host' in read && read.host === text ? { host: text, literal: read.literal } : null
}

/** Reads `192.0.2.1:443` or `[2001:db8::1]:443`; `null` for everything else, names and zones included. */
export function parseEndpoint(text: string): Endpoint | null {
  const read = parseHostAndPort(text)
  return read?.literal === true ? { address: read.host, port: read.port } : null
}

function bracketed(text: string): string {
  return text.endsWith(']') ? text.slice(1, -1) : ''
}
