import { parseAddress, type Address } from './address.ts'
import { embeddedIpv4, isIsatap, nat64Embedding } from './embedded.ts'
import { specialRanges, type Embedding } from './ranges.ts'
import { parseRange, RangeTable, type AddressRange, type RangeMatch } from './range-table.ts'

/** Whether an address may be dialled, and if not, what kind of address it is. */
export type AddressVerdict =
  { readonly allowed: true } | { readonly allowed: false; readonly range: string }

/** Judges the addresses that names lead to. */
export interface AddressGuard {
  /** Takes an address without brackets and zone. What cannot be read is refused. */
  judge(address: string): AddressVerdict
}

/** What policy says about addresses; each as `address/bits`. */
export interface GuardRanges {
  readonly allow: readonly string[]
  /** Beats `allow`, however wide or narrow both are. */
  readonly deny: readonly string[]
  /** Prefixes of translators to IPv4 in the host's network, of 32, 40, 48, 56, 64 or 96 bits. */
  readonly nat64?: readonly string[]
}

interface Special {
  readonly name: string
  readonly metadata: boolean
  readonly embeds: Embedding | null
}

interface Tables {
  readonly special: RangeTable<Special>
  readonly allow: RangeTable<null>
  readonly deny: RangeTable<null>
}

const allowed: AddressVerdict = Object.freeze({ allowed: true })

/**
 * Refuses every special-purpose address: private, loopback, link-local, metadata and the like, and IPv6
 * addresses that lead to IPv4 hosts. `allow` lifts that, with two bounds: a metadata service is lifted
 * only by a range no wider than its own, and an address that embeds IPv4 only when both it and what it
 * embeds pass.
 *
 * @throws TypeError for a range that cannot be read: nothing may be allowed or missed by a slip
 */
export function compileGuard(ranges: GuardRanges): AddressGuard {
  const tables: Tables = {
    special: new RangeTable<Special>([...builtIn(), ...(ranges.nat64 ?? []).map(translator)]),
    allow: new RangeTable(ranges.allow.map((cidr) => [readRange(cidr), null])),
    deny: new RangeTable(ranges.deny.map((cidr) => [readRange(cidr), null])),
  }
  return {
    judge: (text) => {
      const address = parseAddress(text)
      return address === null ? refused('unreadable') : judge(tables, address)
    },
  }
}

function builtIn(): [AddressRange, Special][] {
  return specialRanges.map(({ cidr, name, metadata = false, embeds = null }) => [
    readRange(cidr),
    { name, metadata, embeds },
  ])
}

function translator(cidr: string): [AddressRange, Special] {
  const range = parseRange(cidr)
  const embeds = range?.family === 6 ? nat64Embedding(range.bits) : null
  if (range === null || embeds === null)
    throw new TypeError(`nat64: ${cidr} is no prefix of a translator, such as 64:ff9b::/96`)
  return [range, { name: 'NAT64', metadata: false, embeds }]
}

function readRange(cidr: string): AddressRange {
  const range = parseRange(cidr)
  if (range === null) throw new TypeError(`${cidr} is no range of addresses`)
  return range
}

function judge(tables: Tables, address: Address): AddressVerdict {
  if (tables.deny.find(address) !== null) return refused('denied by policy')
  const special = tables.special.find(address)
  const lift = tables.allow.find(address)
  if (special !== null && !lifts(lift, special)) return refused(special.value.name)
  if (special?.value.embeds) return judgeEmbedded(tables, address, special.value.embeds)
  if (!isIsatap(address)) return allowed
  return lift === null ? refused('ISATAP') : judgeEmbedded(tables, address, 'isatap')
}

function lifts(lift: RangeMatch<null> | null, special: RangeMatch<Special>): boolean {
  if (lift === null) return false
  return !special.value.metadata || lift.range.bits >= special.range.bits
}

function judgeEmbedded(tables: Tables, address: Address, embedding: Embedding): AddressVerdict {
  for (const inner of embeddedIpv4(address, embedding)) {
    const verdict = judge(tables, inner)
    if (!verdict.allowed) return verdict
  }
  return allowed
}

function refused(range: string): AddressVerdict {
  return { allowed: false, range }
}
