/** An IP address as numbers: one unsigned 32-bit word for IPv4, four for IPv6, most significant first. */
export interface Address {
  readonly family: 4 | 6
  readonly words: readonly number[]
}

const ipv4Most = 15
/** Eight groups of which the last two are written as a dotted quad. */
const ipv6Most = 45

/**
 * Reads a dotted quad: four decimal numbers up to 255, without leading zeros. Octal, hexadecimal, short
 * and single-number spellings are no addresses here, because two readers could take them for different
 * ones. `null` for all else.
 */
export function parseIpv4(text: string): Address | null {
  const word = quadWord(text)
  return word === null ? null : { family: 4, words: [word] }
}

function quadWord(text: string): number | null {
  if (text.length > ipv4Most) return null
  const parts = text.split('.')
  if (parts.length !== 4) return null
  let word = 0
  for (const part of parts) {
    if (!/^(?:0|[1-9][0-9]{0,2})$/.test(part)) return null
    const octet = Number(part)
    if (octet > 255) return null
    word = word * 256 + octet
  }
  return word
}

/** Reads an IPv6 address of any RFC 4291 spelling; without brackets and without a zone. `null` for all else. */
export function parseIpv6(text: string): Address | null {
  if (text.length < 2 || text.length > ipv6Most) return null
  const gap = text.indexOf('::')
  if (gap === -1) return fromGroups(groupsOf(text, true))
  const before = gap === 0 ? [] : groupsOf(text.slice(0, gap), false)
  const after = gap + 2 === text.length ? [] : groupsOf(text.slice(gap + 2), true)
  if (before === null || after === null) return null
  const missing = 8 - before.length - after.length
  if (missing < 1) return null
  return fromGroups([...before, ...Array.from({ length: missing }, () => 0), ...after])
}

/** 16-bit groups; a dotted quad may stand for the last two. */
function groupsOf(text: string, quadAllowed: boolean): number[] | null {
  const parts = text.split(':')
  if (parts.length > 8) return null
  const groups: number[] = []
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16))
      continue
    }
    const word = quadAllowed && index === parts.length - 1 ? quadWord(part) : null
    if (word === null) return null
    groups.push(word >>> 16, word & 0xffff)
  }
  return groups
}

function fromGroups(groups: readonly number[] | null): Address | null {
  if (groups?.length !== 8) return null
  const words: number[] = []
  for (let index = 0; index < 8; index += 2) {
    words.push((groups[index] ?? 0) * 0x10000 + (groups[index + 1] ?? 0))
  }
  return { family: 6, words }
}

/** Reads an IPv4 or IPv6 address, strictly. */
export function parseAddress(text: string): Address | null {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

/** A dotted quad, or IPv6 as RFC 5952, 4 has it (embedded IPv4 stays hexadecimal): one spelling each. */
export function formatAddress(address: Address): string {
  return address.family === 4 ? formatQuad(address.words[0] ?? 0) : formatIpv6(address.words)
}

function formatQuad(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`
}

function formatIpv6(words: readonly number[]): string {
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff])
  const { start, length } = longestZeros(groups)
  const hex = groups.map((group) => group.toString(16))
  // RFC 5952, 4.2.2: one group of zeros alone is written out.
  if (length < 2) return hex.join(':')
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  let length = 0
  for (const [index, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0
    if (length > best.length) best = { start: index - length + 1, length }
  }
  return best
}
