import { parseAddress, type Address } from './address.ts'

/** Addresses that share their first bits. */
export interface AddressRange {
  readonly family: 4 | 6
  /** Bits beyond the prefix are zero. */
  readonly words: readonly number[]
  readonly bits: number
}

/** Reads `address/bits`; bits of the address beyond the prefix are dropped. `null` for all else. */
export function parseRange(cidr: string): AddressRange | null {
  const slash = cidr.indexOf('/')
  const address = parseAddress(cidr.slice(0, Math.max(slash, 0)))
  const digits = cidr.slice(slash + 1)
  if (address === null || !/^(?:0|[1-9][0-9]{0,2})$/.test(digits)) return null
  const bits = Number(digits)
  if (bits > address.words.length * 32) return null
  const words = address.words.map((word, index) => (word & maskOf(bits, index)) >>> 0)
  return { family: address.family, words, bits }
}

/** The bits of a word that a prefix covers. */
function maskOf(bits: number, index: number): number {
  const covered = Math.min(Math.max(bits - index * 32, 0), 32)
  // Shifts count modulo 32, so a shift by 32 would change nothing.
  return covered === 0 ? 0 : -1 << (32 - covered)
}

interface Row<T> {
  readonly range: AddressRange
  readonly value: T
}

/** A range that holds an address, and what was said about it. */
export type RangeMatch<T> = Row<T>

/** Finds the narrowest range that holds an address. */
export class RangeTable<T> {
  readonly #rows: ReadonlyMap<number, readonly Row<T>[]>

  constructor(entries: readonly (readonly [range: AddressRange, value: T])[]) {
    const rows = new Map<number, Row<T>[]>()
    const sorted = entries.toSorted(([a], [b]) => b.bits - a.bits)
    for (const [range, value] of sorted) {
      for (const key of keysOf(range)) {
        const row = { range, value }
        const bucket = rows.get(key)
        if (bucket === undefined) rows.set(key, [row])
        else bucket.push(row)
      }
    }
    this.#rows = rows
  }

  find(address: Address): RangeMatch<T> | null {
    const bucket = this.#rows.get(keyOf(address.family, address.words[0] ?? 0))
    return bucket?.find(({ range }) => holds(range, address)) ?? null
  }
}

/** Family and first byte: what a look-up starts from. */
function keyOf(family: 4 | 6, word: number): number {
  return family * 256 + (word >>> 24)
}

/** A range that is wider than a byte stands in several buckets. */
function keysOf(range: AddressRange): number[] {
  const first = keyOf(range.family, range.words[0] ?? 0)
  return Array.from({ length: 2 ** Math.max(8 - range.bits, 0) }, (_none, index) => first + index)
}

function holds(range: AddressRange, address: Address): boolean {
  for (let index = 0; index * 32 < range.bits; index += 1) {
    const difference = (range.words[index] ?? 0) ^ (address.words[index] ?? 0)
    if ((difference & maskOf(range.bits, index)) !== 0) return false
  }
  return true
}
