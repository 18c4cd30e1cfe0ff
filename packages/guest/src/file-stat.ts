import type { FileStat } from '@caisson/core'
import type { Reader } from './decode.ts'
import { readKind } from './file-kind.ts'
import { protocolError } from './protocol-error.ts'

const perMillisecond = 1_000_000n

/** The fields of `stat`. Sizes and inodes beyond 2^53 are rounded, as in `node:fs`. */
export function decodeStat(reader: Reader): FileStat {
  return {
    kind: readKind(reader),
    size: Number(reader.u64()),
    mode: permissions(reader.u32()),
    uid: reader.u32(),
    gid: reader.u32(),
    links: reader.u32(),
    inode: Number(reader.u64()),
    modifiedMs: milliseconds(reader.i64()),
    accessedMs: milliseconds(reader.i64()),
    changedMs: milliseconds(reader.i64()),
  }
}

/** Permission bits, and nothing else. */
export function permissions(mode: number): number {
  if (mode > 0o7777) throw protocolError(`mode ${mode.toString(8)}`)
  return mode
}

/** Nanoseconds since the epoch for milliseconds with fractions. */
export function nanoseconds(ms: number): bigint {
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e12) {
    throw new TypeError(`${ms} is not a time in milliseconds since the epoch`)
  }
  // Whole and fraction apart: their product with a million has no exact double.
  const whole = Math.floor(ms)
  return BigInt(whole) * perMillisecond + BigInt(Math.round((ms - whole) * 1e6))
}

function milliseconds(ns: bigint): number {
  return Number(ns / perMillisecond) + Number(ns % perMillisecond) / 1e6
}
