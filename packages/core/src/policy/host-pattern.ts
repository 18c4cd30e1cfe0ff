import { domainToASCII } from 'node:url'

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Says what is wrong with a host of a rule in its stored form, or nothing. */
export function hostPatternFault(host: string): string | undefined {
  if (host === '' || host.length > 253) return 'must be a host name of at most 253 characters'
  if (host.includes('://') || host.includes('/'))
    return 'must be a bare host, without scheme or path'
  if (host.includes(':')) return 'must be a bare host name; ports go into `ports`'
  if (host.toLowerCase() !== host) return 'must be written in lower case'
  if (host === '*') return 'may not be `*`; name the hosts that are meant'
  const isWildcard = host.startsWith('*.')
  const labels = (isWildcard ? host.slice(2) : host).split('.')
  if (host.indexOf('*', isWildcard ? 1 : 0) >= 0) return 'may hold `*` only as a leading `*.`'
  if (labels.some((one) => !label.test(one))) return 'is no host name'
  if (isWildcard && labels.length < 2)
    return 'is too wide; a `*.` needs two labels or more behind it'
  // The URL standard reads a name whose last label is a number as an IPv4 address.
  if (/^(?:[0-9]+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '')) return 'must be a name, not an address'
  return undefined
}

/** The stored form of a host: names in other scripts become A-labels, all else stays as written. */
export function canonicalHost(host: string): string {
  if (!/[^ -~]/.test(host)) return host
  const isWildcard = host.startsWith('*.')
  const ascii = domainToASCII(isWildcard ? host.slice(2) : host)
  return ascii === '' ? host : `${isWildcard ? '*.' : ''}${ascii}`
}

const octet = /^(?:0|[1-9][0-9]{0,2})$/

function isIpv4(address: string): boolean {
  const parts = address.split('.')
  return parts.length === 4 && parts.every((part) => octet.test(part) && Number(part) <= 255)
}

function isIpv6(address: string): boolean {
  return (
    /^[0-9a-fA-F:.]+$/.test(address) &&
    address.includes(':') &&
    URL.canParse(`http://[${address}]/`)
  )
}

/** Whether a text is an address with a prefix length (`10.0.0.0/8`, `fd00::/8`). */
export function isAddressRange(range: string): boolean {
  const [address, bits, ...rest] = range.split('/')
  if (address === undefined || bits === undefined || rest.length > 0 || !octet.test(bits))
    return false
  return (isIpv4(address) && Number(bits) <= 32) || (isIpv6(address) && Number(bits) <= 128)
}
