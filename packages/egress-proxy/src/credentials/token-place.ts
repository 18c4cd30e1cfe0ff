import { canonicalHost } from '../names/canonical-host.ts'
import { formatAuthority } from '../names/authority.ts'
import { SourceFault } from './secret.ts'

/** Where a token service is. */
export interface TokenPlace {
  readonly scheme: 'https' | 'http'
  readonly host: string
  readonly port: number
  /** As it goes into `Host`. */
  readonly authority: string
  /** Path and query. */
  readonly target: string
}

/**
 * Reads the address of a token service.
 *
 * @throws SourceFault for one over plain HTTP elsewhere than on loopback, with a user, or that is none
 */
export function tokenPlace(text: string): TokenPlace {
  const url = parsed(text)
  const scheme = schemeOf(url)
  if (url.username !== '' || url.password !== '' || url.hash !== '')
    throw new SourceFault('token service: its address must hold no user and no fragment')
  const usual = scheme === 'https' ? 443 : 80
  const port = url.port === '' ? usual : Number(url.port)
  const read = canonicalHost(url.hostname)
  if ('fault' in read || port === 0)
    throw new SourceFault('token service: its address has no host that can be used')
  if (scheme === 'http' && !isLoopback(read.host))
    throw new SourceFault('token service: plain http:// is for loopback only; use https://')
  const authority = formatAuthority(read.host, port, usual)
  return { scheme, host: read.host, port, authority, target: `${url.pathname}${url.search}` }
}

function parsed(text: string): URL {
  try {
    return new URL(text)
  } catch {
    throw new SourceFault('token service: its address cannot be read')
  }
}

function schemeOf({ protocol }: URL): TokenPlace['scheme'] {
  if (protocol === 'https:') return 'https'
  if (protocol === 'http:') return 'http'
  throw new SourceFault('token service: its address must begin with https://')
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.[0-9]{1,3}){3}$/.test(host)
}
