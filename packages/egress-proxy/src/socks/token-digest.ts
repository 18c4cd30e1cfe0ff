import { createHash, timingSafeEqual } from 'node:crypto'

/** What is kept of a token in order to recognise it: SHA-256, so that lengths tell nothing either. */
export function tokenDigest(token: string | Uint8Array): Buffer {
  return createHash('sha256').update(token).digest()
}

/** Whether what was presented is the token; takes as long for every wrong one. */
export function matchesToken(digest: Buffer, presented: string | Uint8Array): boolean {
  return timingSafeEqual(digest, tokenDigest(presented))
}
