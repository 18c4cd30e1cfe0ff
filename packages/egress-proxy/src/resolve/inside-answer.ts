import { parseIpv4 } from '../addresses/address.ts'
import { canonicalHost } from '../names/canonical-host.ts'
import {
  decodeQuery,
  dnsCodes,
  dnsTypes,
  encodeAnswer,
  encodeName,
  type DnsQuery,
  type DnsRecord,
} from './dns-message.ts'
import type { NameAddresses } from './name-addresses.ts'

/** What to answer, and what was decided. */
export interface InsideAnswer {
  /** `null`: nothing at all is answered. */
  readonly answer: Buffer | null
  /** The canonical name that was judged; `null` when nobody has to hear of the question. */
  readonly name: string | null
  readonly verdict: 'allow' | 'deny' | null
}

/** Addresses stay the same, but a newer policy may say no. */
const ttlSeconds = 60
const loopback = Buffer.from([127, 0, 0, 1])
const loopback6 = Buffer.from('00000000000000000000000000000001', 'hex')

/**
 * Answers a question of a program inside, without asking anybody. An allowed name has one IPv4 address,
 * which stands for it, and no other record: no IPv6 that would go around the door, and no HTTPS record with
 * keys to hide names. Every other name does not exist. Reverse questions, names of one label,
 * services of allowed names and the like are answered without a verdict: programs ask them by themselves,
 * and nothing leaves by them.
 */
export function insideAnswer(
  query: Buffer,
  judge: (name: string) => 'allow' | 'deny',
  addresses: NameAddresses,
): InsideAnswer {
  const decoded = decodeQuery(query)
  if (decoded === null) return { answer: null, name: null, verdict: null }
  if (decoded.fault !== null) return unjudged(encodeAnswer(decoded, decoded.fault))
  const host = canonicalHost(decoded.name)
  if ('fault' in host || host.literal) return unjudged(missing(decoded))
  const name = host.host
  if (name === 'localhost' || name.endsWith('.localhost')) return unjudged(localhost(decoded))
  if (name.endsWith('.arpa')) return unjudged(reverse(decoded, name, addresses))
  const verdict = judge(name)
  if (verdict === 'allow') return { answer: allowed(decoded, name, addresses), name, verdict }
  return isNoise(name) || isServiceOf(name, judge)
    ? unjudged(missing(decoded))
    : { answer: missing(decoded), name, verdict: 'deny' }
}

function unjudged(answer: Buffer): InsideAnswer {
  return { answer, name: null, verdict: null }
}

function missing(query: DnsQuery): Buffer {
  return encodeAnswer(query, dnsCodes.nameError)
}

/** One label, alone or with the suffix that resolvers try by default: no name of the Internet. */
function isNoise(name: string): boolean {
  return !name.includes('.') || name.endsWith('.localdomain')
}

/** Two labels that begin with `_` before a name: a service that it may offer (RFC 2782, RFC 9460, 2.3). */
const service = /^_[^.]+\._[^.]+\.(.+)$/

/** `_http._tcp.deb.good.test`: apt asks for it by itself before it asks for the name, which it may. */
function isServiceOf(name: string, judge: (name: string) => 'allow' | 'deny'): boolean {
  const of = service.exec(name)?.[1]
  return of !== undefined && judge(of) === 'allow'
}

/** Gives the record when its type was asked for; otherwise the name exists, but has nothing of that type. */
function given(query: DnsQuery, type: number, data: Buffer): Buffer {
  const records: DnsRecord[] = query.type === type ? [{ type, data, ttlSeconds }] : []
  return encodeAnswer(query, dnsCodes.noError, records)
}

function allowed(query: DnsQuery, name: string, addresses: NameAddresses): Buffer {
  if (query.type !== dnsTypes.a) return encodeAnswer(query, dnsCodes.noError)
  const address = addresses.addressOf(name)
  if (address === null) return encodeAnswer(query, dnsCodes.refused)
  return given(query, dnsTypes.a, Buffer.from(address.split('.').map(Number)))
}

/** RFC 6761, 6.3 */
function localhost(query: DnsQuery): Buffer {
  return query.type === dnsTypes.aaaa
    ? given(query, dnsTypes.aaaa, loopback6)
    : given(query, dnsTypes.a, loopback)
}

/** RFC 1035, 3.5: the octets in reverse. */
function reverse(query: DnsQuery, name: string, addresses: NameAddresses): Buffer {
  const suffix = '.in-addr.arpa'
  if (!name.endsWith(suffix)) return missing(query)
  const address = name.slice(0, -suffix.length).split('.').toReversed().join('.')
  if (parseIpv4(address) === null) return missing(query)
  const found = address === '127.0.0.1' ? 'localhost' : addresses.nameOf(address)
  return found === null ? missing(query) : given(query, dnsTypes.ptr, encodeName(found))
}
