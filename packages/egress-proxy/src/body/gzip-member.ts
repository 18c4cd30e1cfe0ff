import { crc32 } from 'node:zlib'

const extra = 0x04
const name = 0x08
const comment = 0x10
const headerCheck = 0x02
const reserved = 0xe0
const trailerBytes = 8

/** Behind a text that ends in NUL, or -1. */
function behindText(bytes: Buffer, from: number): number {
  const end = bytes.indexOf(0, from)
  return end === -1 ? -1 : end + 1
}

/** Where the deflated data begins (RFC 1952, 2.3), or -1. */
function dataStart(bytes: Buffer): number {
  const flags = bytes.readUInt8(3)
  if ((flags & reserved) !== 0) return -1
  let at = 10
  if ((flags & extra) !== 0) at += 2 + bytes.readUInt16LE(at)
  if ((flags & name) !== 0) at = behindText(bytes, at)
  if (at !== -1 && (flags & comment) !== 0) at = behindText(bytes, at)
  if (at !== -1 && (flags & headerCheck) !== 0) at += 2
  return at
}

/**
 * The deflated data of the one member that a body of gzip is. Zlib's own reader goes on to further members
 * and leaves out what stands behind the last; a body that has either is read in more than one way.
 */
export function deflateOf(bytes: Buffer): Buffer | null {
  if (bytes.length < 20 || bytes.readUIntBE(0, 3) !== 0x1f8b08) return null
  const start = dataStart(bytes)
  const end = bytes.length - trailerBytes
  return start === -1 || start >= end ? null : bytes.subarray(start, end)
}

/** Whether checksum and size of a member are those of what came out of it. */
export function gzipFault(member: Buffer, content: Buffer): string | null {
  const at = member.length - trailerBytes
  const isWhole =
    member.readUInt32LE(at) === crc32(content) && member.readUInt32LE(at + 4) === content.length
  return isWhole ? null : 'its checksum does not hold'
}
