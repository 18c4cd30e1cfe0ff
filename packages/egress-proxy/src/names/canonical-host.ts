import { formatAddress, parseIpv4, parseIpv6 } from '../addresses/address.ts'

/** A host in the only form that later steps see. */
export interface CanonicalHost {
  /** Lower-case labels without a dot at the end; or an address: a dotted quad, or IPv6 without brackets. */
  readonly host: string
  /** Whether it is an address. */
  readonly literal: boolean
}

/** Why a text is refused, in words of our own: none of its bytes are in them. */
export interface NameFault {
  readonly fault: string
}

const longestName = 253
const longestLabel = 63
const dot = 0x2e
const hyphen = 0x2d

/**
 * The canonical form of a name as it came over the wire, one character for each byte. Letters, digits,
 * `-` and `_` in labels of at most 63 characters, at most 253 in all, are lower-cased; one dot at the end
 * is dropped. Nothing else is repaired: what two readers could read differently is refused. Addresses are
 * told apart: a plain dotted quad, and IPv6 of any RFC 4291 spelling with or without brackets. Every other
 * spelling of an IPv4 address (hexadecimal, octal, short, one number) is refused.
 */
export function canonicalHost(raw: string): CanonicalHost | NameFault {
  if (raw.includes(':') || raw.startsWith('[')) return ipv6Literal(raw)
  if (raw.length > longestName + 1) return { fault: 'the host is longer than 253 characters' }
  const name = raw.endsWith('.') ? raw.slice(0, -1) : raw
  if (name.length > longestName) return { fault: 'the host is longer than 253 characters' }
  const fault = labelsFault(name)
  if (fault !== null) return { fault }
  const host = name.toLowerCase()
  if (!endsInNumber(host)) return { host, literal: false }
  // The URL standard takes every name with such an end for an IPv4 address, and so do many resolvers.
  return parseIpv4(raw) === null
    ? { fault: 'the host is an address that is not written as four decimal numbers' }
    : { host, literal: true }
}

function ipv6Literal(raw: string): CanonicalHost | NameFault {
  const bracketed = raw.startsWith('[') && raw.endsWith(']')
  const address = parseIpv6(bracketed ? raw.slice(1, -1) : raw)
  return address === null
    ? { fault: 'the host is no IPv6 address' }
    : { host: formatAddress(address), literal: true }
}

function labelsFault(name: string): string | null {
  if (name === '') return 'the host is empty'
  let start = 0
  for (let index = 0; index <= name.length; index += 1) {
    const code = index === name.length ? dot : name.charCodeAt(index)
    if (code !== dot) {
      if (!isLabelCode(code)) return 'the host holds a character that no name has'
      continue
    }
    if (index === start) return 'the host has an empty label'
    if (index - start > longestLabel) return 'a label of the host is longer than 63 characters'
    if (name.charCodeAt(start) === hyphen || name.charCodeAt(index - 1) === hyphen) {
      return 'a label of the host starts or ends with a hyphen'
    }
    start = index + 1
  }
  return null
}

function isLabelCode(code: number): boolean {
  if (code >= 0x61) return code <= 0x7a
  if (code >= 0x41) return code <= 0x5a || code === 0x5f
  return code === hyphen || (code >= 0x30 && code <= 0x39)
}

/** Whether the last label is a number, decimal or hexadecimal. */
function endsInNumber(host: string): boolean {
  return /^(?:[0-9]+|0x[0-9a-f]*)$/.test(host.slice(host.lastIndexOf('.') + 1))
}

/** A port in decimal digits from 1 to 65535, without sign, blank or leading zero; `null` for all else. */
export function canonicalPort(raw: string): number | null {
  if (!/^[1-9][0-9]{0,4}$/.test(raw)) return null
  const port = Number(raw)
  return port <= 65_535 ? port : null
}
