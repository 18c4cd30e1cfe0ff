import { SandboxError } from '@caisson/core'
import type { Reader } from './decode.ts'
import { fileError, protocolError } from './protocol-error.ts'
import type { FileCalls } from './file-calls.ts'
import { bound, call } from './protocol.ts'

interface Piece {
  /** Size of the file when the piece was read. */
  readonly size: number
  readonly bytes: Buffer
}

const attempts = 4

/**
 * The whole file. What is appended while it is read is left out; a file that shrinks meanwhile was rewritten, so it is read
 * again, a few times.
 */
export async function readFile(calls: FileCalls, path: string, maxBytes: number): Promise<Buffer> {
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 0) {
    throw new TypeError(`${maxBytes} is not a number of bytes`)
  }
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const bytes = await readOnce(calls, path, maxBytes)
    if (bytes !== undefined) return bytes
  }
  throw fileError('EAGAIN', 'reading a file that is rewritten all the time,', path)
}

async function readOnce(
  calls: FileCalls,
  path: string,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  let total = 0
  let target = Number.POSITIVE_INFINITY
  while (total < target) {
    // One byte more than allowed shows whether there is more; files in /proc say size 0 and have content.
    const wanted = Math.min(bound.FILE_DATA_MAX, maxBytes + 1 - total, target - total)
    const { size, bytes } = await readPiece(calls, path, { offset: total, wanted })
    if (size > maxBytes || total + bytes.length > maxBytes) throw tooBig(path, maxBytes)
    if (total === 0 && size > 0) target = Math.max(size, bytes.length)
    if (size < total && size > 0) return undefined
    total += bytes.length
    pieces.push(bytes)
    if (bytes.length === 0)
      return target === Number.POSITIVE_INFINITY || total === 0 ? Buffer.concat(pieces) : undefined
  }
  return Buffer.concat(pieces, total)
}

async function readPiece(
  calls: FileCalls,
  path: string,
  range: { readonly offset: number; readonly wanted: number },
): Promise<Piece> {
  return await calls.call({
    operation: call.READ,
    what: 'read',
    path,
    fields: (to) => to.str(path).u64(range.offset).u32(range.wanted),
    reply: (from) => decodePiece(from, range.wanted),
  })
}

function decodePiece(reader: Reader, wanted: number): Piece {
  const size = Number(reader.u64())
  const bytes = reader.bytes(bound.FILE_DATA_MAX)
  if (bytes.length > wanted)
    throw protocolError(`${bytes.length} bytes of a file, ${wanted} asked for`)
  return { size, bytes }
}

function tooBig(path: string, maxBytes: number): SandboxError {
  return new SandboxError('LIMIT', `'${path}' is larger than ${maxBytes} bytes`, {
    path,
    hint: 'raise the limit, or stream the file with a command',
  })
}
