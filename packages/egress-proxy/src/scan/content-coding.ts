import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib'
import type { Field } from '../http-message.ts'

/** Codings that can be undone (RFC 9110, 8.4.1; RFC 7932). */
export type ContentCoding = 'gzip' | 'deflate' | 'br'

/** What says that a body is what it is. */
export type BodyCoding = 'identity' | ContentCoding | 'unknown'

const names: ReadonlyMap<string, BodyCoding> = new Map([
  ['', 'identity'],
  ['identity', 'identity'],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['br', 'br'],
])

/** What can be undone, as `accept-encoding` says it. */
export const decodableCodings = 'gzip, deflate, br'

/** How a body is coded; `unknown` for more than one coding, and for those that cannot be undone. */
export function codingOf(headers: readonly Field[]): BodyCoding {
  let coding: BodyCoding = 'identity'
  for (const [name, value] of headers) {
    if (name !== 'content-encoding') continue
    const here = names.get(value.trim().toLowerCase()) ?? 'unknown'
    if (here === 'identity') continue
    if (coding !== 'identity') return 'unknown'
    coding = here
  }
  return coding
}

/** Decoded bytes up to which any ratio is let through. */
const freeBytes = 1_048_576
const mostRatio = 100

/** Stops what grows to more than a hundred times its size: nobody compresses like that but to do harm. */
export class RatioGuard {
  #in = 0
  #out = 0

  coded(bytes: number): void {
    this.#in += bytes
  }

  /** Whether so much more may come out. */
  decoded(bytes: number): boolean {
    this.#out += bytes
    return this.#out <= freeBytes || this.#out <= this.#in * mostRatio
  }
}

/**
 * Undoes a coding. `first` is the first byte of the body: what is called deflate is written with and without
 * the wrapper of RFC 1950, and those who read it take both.
 */
export function decoderFor(coding: ContentCoding, first: number): Transform {
  if (coding === 'br') return createBrotliDecompress()
  if (coding === 'gzip') return createGunzip()
  return (first & 15) === 8 ? createInflate() : createInflateRaw()
}
