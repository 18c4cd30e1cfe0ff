import { domainToASCII } from 'node:url'

/** Letters, digits and hyphens (RFC 1123, 2.1), and `_`, which names of services have in practice. */
const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/** A way to write a host wrong, and what to say about it. */
interface HostFault {
  readonly message: string
  holds(host: string, labels: readonly string[]): boolean
}

/** The first that holds is told. */
const faults: readonly HostFault[] = [
  {
    message: 'must be a host name of at most 253 characters',
    holds: (host) => host === '' || host.length > 253,
  },
  {
    message: 'must be a bare host, without scheme or path',
    holds: (host) => host.includes('/'),
  },
  {
    message: 'must be a bare host name; ports go into `ports`',
    holds: (host) => host.includes(':'),
  },
  { message: 'must be written in lower case', holds: (host) => host.toLowerCase() !== host },
  { message: 'may not be `*`; name the hosts that are meant', holds: (host) => host === '*' },
  {
    message: 'may hold `*` only as a leading `*.`',
    holds: (_host, labels) => labels.some((one) => one.includes('*')),
  },
  {
    message: 'is no host name',
    holds: (_host, labels) => labels.some((one) => !label.test(one)),
  },
  {
    message: 'is too wide; a `*.` needs two labels or more behind it',
    holds: (host, labels) => host.startsWith('*.') && labels.length < 2,
  },
  {
    // The URL standard reads a name whose last label is a number as an IPv4 address.
    message: 'must be a name, not an address',
    holds: (_host, labels) => /^(?:[0-9]+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? ''),
  },
]

/** Says what is wrong with a host of a rule in its stored form, or nothing. */
export function hostPatternFault(host: string): string | undefined {
  const labels = host.replace(/^\*\./, '').split('.')
  return faults.find((fault) => fault.holds(host, labels))?.message
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
