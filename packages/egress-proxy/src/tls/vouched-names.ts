import { isAddress } from './is-address.ts'

/** A host of the network policy. */
export interface AuthorityName {
  /** Canonical name, with or without the leading `*.` that `wildcard` speaks of. */
  readonly pattern: string
  /** Every name below it, and not the name itself. */
  readonly wildcard: boolean
}

/** Letters, digits, hyphen and underscore: what a canonical name is made of. */
const canonicalName = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/

/** The names that an authority may vouch for: exactly those of the policy. */
export class VouchedNames {
  readonly #exact = new Set<string>()
  readonly #below = new Set<string>()
  readonly #isAny: boolean

  /**
   * Addresses are passed over: nothing vouches for one.
   *
   * @throws TypeError for another pattern that is no canonical name
   */
  constructor(names: readonly AuthorityName[] | 'any') {
    this.#isAny = names === 'any'
    for (const { pattern, wildcard } of names === 'any' ? [] : names) {
      const name = wildcard && pattern.startsWith('*.') ? pattern.slice(2) : pattern
      if (!wildcard && isAddress(name)) continue
      if (!isName(name)) throw new TypeError('an authority is made for canonical names only')
      ;(wildcard ? this.#below : this.#exact).add(name)
    }
  }

  /** Whether a leaf may be made for this name. Addresses are no names. */
  covers(host: string): boolean {
    if (!isName(host)) return false
    return (
      this.#isAny || this.#exact.has(host) || parents(host).some((name) => this.#below.has(name))
    )
  }

  /**
   * What name constraints permit: a little more than {@link covers}, as a subtree has its root and all
   * below. Without those that lie below another. `null` is no constraint.
   */
  subtrees(): readonly string[] | null {
    if (this.#isAny) return null
    const all = new Set([...this.#exact, ...this.#below])
    return [...all].filter((name) => !parents(name).some((parent) => all.has(parent))).toSorted()
  }
}

function isName(host: string): boolean {
  return canonicalName.test(host) && !isAddress(host)
}

/** `c.test` and `test` for `b.c.test`. */
function parents(host: string): readonly string[] {
  const found: string[] = []
  for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
    found.push(host.slice(dot + 1))
  }
  return found
}
