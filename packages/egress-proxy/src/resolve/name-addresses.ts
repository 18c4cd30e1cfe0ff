import { formatAddress, parseIpv4 } from '../addresses/address.ts'

/** 127.64.0.0/10: loopback, and far from what programs use by themselves. Its first address stays free. */
const first = 0x7f40_0001
/** Without the last address as well. */
const most = 2 ** 22 - 2

/**
 * Gives names addresses inside that stand for them, so that a connection to such an address shows which
 * name was meant. A name keeps its address for good; nothing is ever given to a second name.
 */
export class NameAddresses {
  readonly #max: number
  readonly #byName = new Map<string, number>()
  readonly #names: string[] = []

  /** `exact` names come first, in sorted order, so that their addresses are the same in every run. */
  constructor(max: number, exact: readonly string[]) {
    this.#max = Math.min(max, most)
    for (const name of exact.toSorted()) this.addressOf(name)
  }

  /** The address of a canonical name, allotted on first use; `null` when all are given away. */
  addressOf(name: string): string | null {
    const known = this.#byName.get(name)
    if (known !== undefined) return quad(known)
    const index = this.#names.length
    if (index >= this.#max) return null
    this.#byName.set(name, index)
    this.#names.push(name)
    return quad(index)
  }

  /** The name that an address stands for. */
  nameOf(address: string): string | null {
    const word = parseIpv4(address)?.words[0] ?? 0
    return this.#names[word - first] ?? null
  }
}

function quad(index: number): string {
  return formatAddress({ family: 4, words: [first + index] })
}
