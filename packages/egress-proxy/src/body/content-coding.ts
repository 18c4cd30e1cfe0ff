import * as zlib from 'node:zlib'
import { deflateOf, gzipFault } from './gzip-member.ts'

/** What undoing a coding made: the bytes, or why there are none. */
export type Undone =
  { readonly bytes: Buffer } | { readonly fault: string; readonly tooLarge: boolean }

type Coding = 'gzip' | 'deflate' | 'br' | 'zstd'

interface Inflated {
  readonly buffer: Buffer
  readonly engine: { readonly bytesWritten: number }
}

interface Options {
  readonly info: true
  readonly maxOutputLength: number
}

type Inflate = (bytes: Buffer, options: Options) => unknown
type InflateLater = (
  bytes: Buffer,
  options: Options,
  done: (error: Error | null, result: unknown) => void,
) => void

/** A body that is still coded. */
export interface Coded {
  readonly coding: Coding
  /** Without the frame of gzip. */
  readonly data: Buffer
  readonly whole: Buffer
  readonly most: number
}

const broken = 'its content coding cannot be undone'
const behind = 'something stands behind its coded content'
/** A body may be this many times larger than its coded form, once it is larger than `small`. */
const mostRatio = 100
const small = 1_048_576

function isInflated(result: unknown): result is Inflated {
  return typeof result === 'object' && result !== null && 'buffer' in result && 'engine' in result
}

/** The name of the one coding; `null` for none, `undefined` for one that is not known, or several. */
function codingOf(contentEncoding: string | null): Coding | null | undefined {
  const name = (contentEncoding ?? '').toLowerCase()
  if (name === '' || name === 'identity') return null
  if (name === 'gzip' || name === 'x-gzip') return 'gzip'
  if (name === 'deflate' || name === 'br' || name === 'zstd') return name
  return undefined
}

/** Zstandard came to Node with 22.15 and 23.8. */
function fromZlib(name: string): unknown {
  return Object.entries(zlib).find(([key]) => key === name)?.[1]
}

function isInflate(value: unknown): value is Inflate {
  return typeof value === 'function'
}

function isInflateLater(value: unknown): value is InflateLater {
  return typeof value === 'function'
}

function inflateOf(coding: Coding): Inflate | null {
  if (coding === 'gzip') return zlib.inflateRawSync
  if (coding === 'deflate') return zlib.inflateSync
  if (coding === 'br') return zlib.brotliDecompressSync
  const zstd = fromZlib('zstdDecompressSync')
  return isInflate(zstd) ? zstd : null
}

function inflateLaterOf(coding: Coding): InflateLater | null {
  if (coding === 'gzip') return zlib.inflateRaw
  if (coding === 'deflate') return zlib.inflate
  if (coding === 'br') return zlib.brotliDecompress
  const zstd = fromZlib('zstdDecompress')
  return isInflateLater(zstd) ? zstd : null
}

/** What is to be undone; the bytes themselves when they are not coded. */
export function planUndoing(
  contentEncoding: string | null,
  bytes: Buffer,
  most: number,
): Undone | Coded {
  const coding = codingOf(contentEncoding)
  if (coding === undefined)
    return { fault: 'its content coding is unknown, or more than one', tooLarge: false }
  if (coding === null) {
    if (bytes.length <= most) return { bytes }
    return { fault: `it is larger than ${most} bytes`, tooLarge: true }
  }
  const data = coding === 'gzip' ? deflateOf(bytes) : bytes
  if (data === null) return { fault: broken, tooLarge: false }
  const bound = Math.min(most, Math.max(small, bytes.length * mostRatio))
  return { coding, data, whole: bytes, most: bound }
}

/** Checks what came out: nothing may stand behind it, and a checksum has to hold. */
function checked(coded: Coded, result: unknown): Undone {
  if (!isInflated(result)) return { fault: broken, tooLarge: false }
  const { buffer, engine } = result
  if (engine.bytesWritten !== coded.data.length) return { fault: behind, tooLarge: false }
  const isWhole = coded.coding !== 'gzip' || gzipFault(coded.whole, buffer) === null
  return isWhole ? { bytes: buffer } : { fault: broken, tooLarge: false }
}

function failed(error: unknown): Undone {
  const isTooLarge =
    error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
  if (isTooLarge) return { fault: 'it is too large once its coding is undone', tooLarge: true }
  return { fault: broken, tooLarge: false }
}

const unknown: Undone = Object.freeze({ fault: 'its content coding is unknown', tooLarge: false })

/** Zlib takes no bound of 0. */
function optionsOf({ most }: Coded): Options {
  return { info: true, maxOutputLength: Math.max(1, most) }
}

export function undo(coded: Coded): Undone {
  const inflate = inflateOf(coded.coding)
  if (inflate === null) return unknown
  try {
    return checked(coded, inflate(coded.data, optionsOf(coded)))
  } catch (error) {
    return failed(error)
  }
}

/** The same on another thread, for bodies that would keep this one. */
export function undoLater(coded: Coded): Promise<Undone> {
  const inflate = inflateLaterOf(coded.coding)
  if (inflate === null) return Promise.resolve(unknown)
  return new Promise((resolve) => {
    try {
      inflate(coded.data, optionsOf(coded), (error, result) => {
        resolve(error === null ? checked(coded, result) : failed(error))
      })
    } catch (error) {
      resolve(failed(error))
    }
  })
}
