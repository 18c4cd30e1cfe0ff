import type { Address } from './address.ts'
import type { Embedding } from './ranges.ts'

/**
 * The IPv4 addresses that an IPv6 address may lead to: one, for Teredo two (server and client). Whoever
 * routes such an address unwraps it, so that a vetted IPv6 address would reach an unvetted IPv4 host.
 */
export function embeddedIpv4(address: Address, embedding: Embedding): readonly Address[] {
  const [, second = 0, , last = 0] = address.words
  switch (embedding) {
    case '6to4':
      return [translated(address, 16)]
    case 'teredo':
      // RFC 4380, 4: the client's address is stored inverted.
      return [ipv4(second), ipv4(~last >>> 0)]
    case 'isatap':
    case 'rfc6052-96':
      return [ipv4(last)]
    case 'rfc6052-32':
      return [translated(address, 32)]
    case 'rfc6052-40':
      return [translated(address, 40)]
    case 'rfc6052-48':
      return [translated(address, 48)]
    case 'rfc6052-56':
      return [translated(address, 56)]
    case 'rfc6052-64':
      return [translated(address, 64)]
  }
}

function ipv4(word: number): Address {
  return { family: 4, words: [word] }
}

/** RFC 6052, 2.2: four bytes behind the prefix, passing over the ninth byte of the address. */
function translated(address: Address, prefixBits: number): Address {
  let word = 0
  let at = prefixBits / 8
  for (let count = 0; count < 4; count += 1) {
    if (at === 8) at += 1
    word = word * 256 + (((address.words[at >>> 2] ?? 0) >>> (24 - 8 * (at & 3))) & 255)
    at += 1
  }
  return ipv4(word)
}

/** RFC 5214, 6.1: an interface identifier of `0:5efe` or, marked as universal, `200:5efe` and an IPv4 address. */
export function isIsatap(address: Address): boolean {
  return address.family === 6 && ((address.words[2] ?? 0) & ~0x02000000) === 0x00005efe
}

/** How translators with a prefix of this length embed (RFC 6052, 2.2); `null` for lengths that none has. */
export function nat64Embedding(prefixBits: number): Embedding | null {
  switch (prefixBits) {
    case 32:
    case 40:
    case 48:
    case 56:
    case 64:
    case 96:
      return `rfc6052-${prefixBits}`
    default:
      return null
  }
}
