import type { Pattern } from '../scan/pattern.ts'
import { pieceLength, pieceSpan, type ScanText } from '../scan/pattern-scan.ts'

/** How much of a pattern, or more, must not have left in pieces. */
export const mostShare = 0.75

interface Account {
  readonly pattern: Pattern
  /** 1 for each byte, of the last 256, that was in a piece that left. */
  readonly gone: Uint8Array
  count: number
}

/**
 * Adds up which parts of a secret have left, in pieces of eight letters and more, over all requests to all
 * hosts for as long as the sandbox lives: a key that is split over five requests is a hit with the fourth
 * or fifth. That keys of one kind begin alike does not count for much, as three quarters have to be gone;
 * that eight letters turn up by chance happens once in some gigabytes, and four different ones of one key
 * never. Its size is fixed by the patterns.
 */
export class SplitLedger {
  readonly #accounts: (Account | undefined)[] = []

  /** Takes over what is known of the patterns that are still there. */
  constructor(patterns: readonly Pattern[], before: SplitLedger | null) {
    if (before === null) return
    patterns.forEach((pattern, index) => {
      const known = before.#accounts.find((account) => account && isSame(account.pattern, pattern))
      if (known !== undefined) this.#accounts[index] = { ...known, pattern }
    })
  }

  /**
   * Whether too much of it would be gone with this piece. Then it is not counted, for it does not leave: the
   * same request is a hit again. What left before is none by itself, so that what all keys of a kind begin
   * with may go on being sent.
   */
  add({ pattern, index, offset }: ScanText): boolean {
    const span = Math.min(pattern.bytes.length, pieceSpan)
    const account = (this.#accounts[index] ??= { pattern, gone: new Uint8Array(span), count: 0 })
    const piece = account.gone.subarray(offset, offset + pieceLength)
    const added = piece.reduce((sum, gone) => sum + 1 - gone, 0)
    if (added === 0) return false
    if (account.count + added >= span * mostShare) return true
    piece.fill(1)
    account.count += added
    return false
  }
}

function isSame(one: Pattern, other: Pattern): boolean {
  return one.kind === other.kind && Buffer.compare(one.bytes, other.bytes) === 0
}
