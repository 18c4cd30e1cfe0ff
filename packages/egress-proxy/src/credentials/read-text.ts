import { HeldSecret } from './held-secret.ts'
import { type Secret, SourceFault } from './secret.ts'

/** No secret is longer, in bytes. */
export const longestSecret = 1_048_576

const lineFeed = 0x0a
const carriageReturn = 0x0d

/** What was read, and by whom. */
export interface RawText {
  /** Overwritten here. */
  readonly bytes: Buffer
  readonly expiresAt: number | null
  /** For errors: `variable`, `file`. */
  readonly from: string
}

/**
 * A text as it was read, without the end of its last line.
 *
 * @throws SourceFault when nothing is left, or too much
 */
export function readText({ bytes, expiresAt, from }: RawText): Secret {
  let end = bytes.length
  if (bytes[end - 1] === lineFeed) end -= bytes[end - 2] === carriageReturn ? 2 : 1
  const kept = Buffer.alloc(end)
  bytes.copy(kept, 0, 0, end)
  bytes.fill(0)
  if (end === 0) throw new SourceFault(`${from}: it is empty`)
  if (end <= longestSecret) return new HeldSecret({ bytes: kept, expiresAt })
  kept.fill(0)
  throw new SourceFault(`${from}: it is longer than 1 MiB`)
}
