import { type Address, formatAddress } from '../addresses/address.ts'
import { compileGuard } from '../addresses/guard.ts'
import { type AddressRange, parseRange, RangeTable } from '../addresses/range-table.ts'
import { specialRanges } from '../addresses/ranges.ts'
import { type Found, found } from './found.ts'
import { catalogueRow } from './catalogue/catalogue.ts'

/** A range of fewer bits than these is wider than one network. */
const narrow: Readonly<Record<4 | 6, number>> = { 4: 24, 6: 64 }

const special: readonly { readonly range: AddressRange; readonly isMetadata: boolean }[] =
  specialRanges.flatMap(({ cidr, metadata }) => {
    const range = parseRange(cidr)
    return range === null ? [] : [{ range, isMetadata: metadata === true }]
  })
const specialTable: RangeTable<null> = new RangeTable(special.map(({ range }) => [range, null]))

function contains(range: AddressRange, address: Address): boolean {
  return new RangeTable([[range, null]]).find(address) !== null
}

/** Metadata services that the guard, as policy sets it, lets be dialled. */
function openMetadata(allow: readonly string[], deny: readonly string[]): readonly AddressRange[] {
  const readable = (cidr: string): boolean => parseRange(cidr) !== null
  const guard = compileGuard({ allow: allow.filter(readable), deny: deny.filter(readable) })
  return special
    .filter(({ range, isMetadata }) => isMetadata && guard.judge(formatAddress(range)).allowed)
    .map(({ range }) => range)
}

function isSpecial(range: AddressRange): boolean {
  if (specialTable.find(range) !== null) return true
  return special.some((one) => one.range.family === range.family && contains(range, one.range))
}

function metadataFinding(
  cidr: string,
  at: { readonly clause: string; readonly place: number },
): Found {
  const { id, row, title, how, remedy, tags } = catalogueRow('cloud-metadata')
  const edit = { clause: at.clause, value: null }
  return found({
    ...at,
    id,
    order: row,
    severity: 'high',
    title: `${title} (${cidr})`,
    how,
    remedy,
    tags,
    edit,
  })
}

/** What `network.addresses.allow` opens; what that is the guard of the dialler says. */
export function addressFindings(
  allow: readonly string[],
  deny: readonly string[],
): readonly Found[] {
  if (allow.length === 0) return []
  const metadata = openMetadata(allow, deny)
  return allow.flatMap((cidr, index) => {
    const range = parseRange(cidr)
    const at = { clause: `network.addresses.allow[${index}]`, place: 2_000_000 + index }
    if (range === null || !isSpecial(range)) return []
    if (metadata.some((one) => range.bits >= one.bits && contains(range, one)))
      return [metadataFinding(cidr, at)]
    const isWide = range.bits < narrow[range.family]
    return [
      found({
        ...at,
        id: 'private-addresses',
        order: 108,
        severity: isWide ? 'high' : 'low',
        title: `Names may lead to addresses that are refused otherwise (${cidr})`,
        how: isWide
          ? 'Whoever controls the address of an allowed name points it at any service of a private network.'
          : 'An allowed name may lead to a service of a private network.',
        remedy: 'allow the addresses of the one service that is meant',
        tags: ['channel'],
        edit: { clause: at.clause, value: null },
      }),
    ]
  })
}
