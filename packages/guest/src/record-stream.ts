import { SandboxError } from '@caisson/core'
import { Reader } from './decode.ts'
import type { Builtin } from './builtin.ts'

/** Finds and reads one record at the start of `bytes`. */
export interface RecordShape<T> {
  /** Bytes of the record, or `undefined` when `bytes` does not hold all of it yet. Throws when no record can look so. */
  size(bytes: Buffer): number | undefined
  read(reader: Reader): T
}

/**
 * The records that a builtin writes, as they come. At most one incomplete record is held, whose shape bounds its size. A
 * record that does not parse ends the session.
 */
export async function* recordStream<T>(
  builtin: Builtin,
  shape: RecordShape<T>,
): AsyncGenerator<T, void, undefined> {
  let pending: Buffer = Buffer.alloc(0)
  for await (const chunk of builtin.output()) {
    pending = pending.length === 0 ? viewOf(chunk) : Buffer.concat([pending, chunk])
    for (let size = sizeOf(builtin, shape, pending); size !== undefined;) {
      yield readOne(builtin, shape, pending.subarray(0, size))
      pending = pending.subarray(size)
      size = sizeOf(builtin, shape, pending)
    }
  }
  if (pending.length > 0 && (await builtin.ended).exitCode === 0) {
    throw builtin.broken(`${pending.length} bytes after the last record`)
  }
}

/** The size of a record of `fixed` bytes and then strings of at most `most` bytes each. */
export function sizeWithStrings(
  bytes: Buffer,
  fixed: number,
  most: readonly number[],
): number | undefined {
  let at = fixed
  for (const longest of most) {
    if (bytes.length < at + 4) return undefined
    const length = bytes.readUInt32LE(at)
    if (length > longest) throw new RangeError(`a string of ${length} bytes in a record`)
    at += 4 + length
  }
  return bytes.length < at ? undefined : at
}

function viewOf(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
}

function sizeOf<T>(builtin: Builtin, shape: RecordShape<T>, bytes: Buffer): number | undefined {
  try {
    return bytes.length === 0 ? undefined : shape.size(bytes)
  } catch (error) {
    throw broken(builtin, error)
  }
}

function readOne<T>(builtin: Builtin, shape: RecordShape<T>, bytes: Buffer): T {
  try {
    const reader = new Reader(bytes)
    const value = shape.read(reader)
    reader.end()
    return value
  } catch (error) {
    throw broken(builtin, error)
  }
}

function broken(builtin: Builtin, error: unknown): unknown {
  // A record can be well formed and still be refused, such as a name that is not UTF-8; that ends the operation alone.
  if (SandboxError.is(error) && error.code !== 'PROTOCOL') return error
  return builtin.broken(error instanceof Error ? error.message : 'a record does not parse')
}
