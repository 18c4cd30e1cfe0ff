import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import type { PartView } from './body-view.ts'
import { type PartHeader, readPartHeader, writePartHeader } from './part-header.ts'

/** A part with what is needed to write it anew. */
export interface Part {
  readonly header: PartHeader
  readonly content: Buffer
}

/** A body written anew, under a boundary of its own. */
export interface WrittenParts {
  readonly bytes: Buffer
  readonly contentType: string
}

const mostParts = 1000
const lineEnd = Buffer.from('\r\n')
const headerEnd = Buffer.from('\r\n\r\n')
/** RFC 2046, 5.1.1, without the blank, which a header field does not keep safely. */
const boundaryText = /^[A-Za-z0-9'()+_,./:=?-]{1,70}$/

/** Where the next line stands behind a boundary: a part, or the end of the body. */
function behindBoundary(bytes: Buffer, at: number): 'part' | 'end' | null {
  const rest = bytes.length - at
  if (rest >= 2 && bytes.readUInt16BE(at) === 0x0d0a) return 'part'
  if (rest < 2 || bytes.readUInt16BE(at) !== 0x2d2d) return null
  if (rest === 2) return 'end'
  return rest === 4 && bytes.readUInt16BE(at + 2) === 0x0d0a ? 'end' : null
}

function readPart(bytes: Buffer): Part | null {
  const end = bytes.indexOf(headerEnd)
  if (end === -1) return null
  const head = bytes.subarray(0, end)
  const header = isUtf8(head) ? readPartHeader(head) : null
  return header === null ? null : { header, content: bytes.subarray(end + headerEnd.length) }
}

/**
 * Reads `multipart/form-data` (RFC 7578, RFC 2046, 5.1) where all readers agree: nothing in front of the
 * first boundary or behind the last, CRLF everywhere, no blanks behind a boundary, no text in a part that
 * begins like one. Linear in the bytes given.
 */
export function readMultipart(bytes: Buffer, boundary: string): readonly Part[] | null {
  if (!boundaryText.test(boundary)) return null
  const delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1')
  const first = delimiter.length - lineEnd.length
  if (!bytes.subarray(0, first).equals(delimiter.subarray(lineEnd.length))) return null
  const parts: Part[] = []
  let at = first
  for (;;) {
    const next = behindBoundary(bytes, at)
    if (next === 'end') return parts
    const end = next === 'part' ? bytes.indexOf(delimiter, at + lineEnd.length) : -1
    if (end === -1 || parts.length >= mostParts) return null
    const part = readPart(bytes.subarray(at + lineEnd.length, end))
    if (part === null) return null
    parts.push(part)
    at = end + delimiter.length
  }
}

/**
 * Writes parts anew. The boundary is a digest of the body that was read, so that nobody can have put it
 * into a part: whatever a server takes for a boundary, it finds the parts that were judged.
 */
export function writeMultipart(parts: readonly Part[], read: Buffer): WrittenParts {
  const boundary = `part-${createHash('sha256').update(read).digest('hex')}`
  const pieces: Buffer[] = []
  for (const { header, content } of parts) {
    pieces.push(
      Buffer.from(`--${boundary}\r\n${writePartHeader(header)}\r\n\r\n`),
      content,
      lineEnd,
    )
  }
  pieces.push(Buffer.from(`--${boundary}--\r\n`))
  return { bytes: Buffer.concat(pieces), contentType: `multipart/form-data; boundary=${boundary}` }
}

export function partView({ header, content }: Part): PartView {
  return { name: header.name, filename: header.filename, type: header.type, content }
}
