import { createHash } from 'node:crypto'
import type { Pattern } from '../scan/pattern.ts'
import { pieceLength, pieceSpan, type ScanText } from '../scan/pattern-scan.ts'

/** How much of a pattern, or more, must not have left in pieces. */
export const mostShare = 0.75

const mostAccounts = 4096

interface Account {
  /** 1 for each byte, of the last 256, that was in a piece that left. */
  readonly gone: Uint8Array
  count: number
}

/**
 * Adds up which parts of a secret have left, in pieces of eight letters and more, over all requests to all
 * hosts for as long as the sandbox lives: a key that is split over five requests is a hit with the fourth
 * or fifth. That keys of one kind begin alike does not count for much, as three quarters have to be gone;
 * that eight letters turn up by chance happens once in some gigabytes, and four different ones of one key
 * never. Its size is bound by the patterns.
 */
export class SplitLedger {
  /** By place in the list of patterns, which is found fast; the same as in `#known`. */
  readonly #accounts: (Account | undefined)[] = []
  /** By a digest of the pattern, so that those who look for other patterns beside it add up the same. */
  readonly #known: Map<string, Account>

  /** @param before One with which all is added up together, from its beginning on. */
  constructor(before: SplitLedger | null) {
    this.#known = before === null ? new Map() : before.#known
  }

  /**
   * Whether too much of it would be gone with this piece. Then it is not counted, for it does not leave: the
   * same request is a hit again. What left before is none by itself, so that what all keys of a kind begin
   * with may go on being sent.
   */
  add({ pattern, index, offset }: ScanText): boolean {
    const account = (this.#accounts[index] ??= this.#accountOf(pattern))
    const span = account.gone.length
    const piece = account.gone.subarray(offset, offset + pieceLength)
    const added = piece.reduce((sum, gone) => sum + 1 - gone, 0)
    if (added === 0) return false
    if (account.count + added >= span * mostShare) return true
    piece.fill(1)
    account.count += added
    return false
  }

  #accountOf({ kind, bytes }: Pattern): Account {
    const key = createHash('sha256').update(`${kind}\n`).update(bytes).digest('base64')
    const span = Math.min(bytes.length, pieceSpan)
    const account = this.#known.get(key) ?? { gone: new Uint8Array(span), count: 0 }
    this.#known.delete(key)
    this.#known.set(key, account)
    // Secrets come and go: of those of which nothing has left for longest, nothing is kept.
    if (this.#known.size > mostAccounts) this.#dropOldest()
    return account
  }

  #dropOldest(): void {
    const { value: oldest } = this.#known.keys().next()
    if (oldest !== undefined) this.#known.delete(oldest)
  }
}
