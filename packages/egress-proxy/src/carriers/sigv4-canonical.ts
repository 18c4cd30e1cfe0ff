import type { Field } from '../http-message.ts'

/** What a signature speaks for. */
export interface SignedRequest {
  readonly method: string
  /** Origin form, as it goes over the wire. */
  readonly target: string
  /** The fields that are signed, `host` among them; names in lower case, in any order. */
  readonly fields: readonly Field[]
  /** SHA-256 of the body, in hexadecimal digits. */
  readonly bodyHash: string
}

/** A request in the one form that both sides hash. */
export interface CanonicalRequest {
  /** Each character is one byte. */
  readonly text: string
  readonly signedHeaders: string
}

/**
 * The canonical request of AWS Signature Version 4 (IAM User Guide, "Elements of an AWS API request
 * signature").
 *
 * @param pathForm - `again`: every service but S3 reads the path normalised, and encodes once more what
 * was encoded already. `once`: S3 takes the path for the name of an object, and encodes what it means.
 */
export function canonicalRequest(
  request: SignedRequest,
  pathForm: 'again' | 'once',
): CanonicalRequest {
  const mark = request.target.indexOf('?')
  const path = mark < 0 ? request.target : request.target.slice(0, mark)
  const query = mark < 0 ? '' : request.target.slice(mark + 1)
  const { block, signedHeaders } = canonicalFields(request.fields)
  const writtenPath =
    pathForm === 'once'
      ? encodeBytes(percentDecoded(path), true)
      : encodeBytes(Buffer.from(normalised(path), 'utf8'), true)
  const text = [
    request.method,
    writtenPath,
    canonicalQuery(query),
    block,
    signedHeaders,
    request.bodyHash,
  ].join('\n')
  return { text, signedHeaders }
}

/** RFC 3986, 5.2.4, and no empty segments. */
function normalised(path: string): string {
  const segments = path.split('/')
  const last = segments.at(-1)
  const kept: string[] = []
  for (const segment of segments) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  if (kept.length === 0) return '/'
  const folder = last === '' || last === '.' || last === '..'
  return `/${kept.join('/')}${folder ? '/' : ''}`
}

/** Sorted by key, then by value, each as it is encoded: by bytes, not by letters. */
function canonicalQuery(query: string): string {
  if (query === '') return ''
  const pairs: [key: string, value: string][] = []
  for (const piece of query.split('&')) {
    if (piece === '') continue
    const equals = piece.indexOf('=')
    const key = equals < 0 ? piece : piece.slice(0, equals)
    const value = equals < 0 ? '' : piece.slice(equals + 1)
    pairs.push([queryText(key), queryText(value)])
  }
  pairs.sort((one, other) => ascending(one[0], other[0]) || ascending(one[1], other[1]))
  return pairs.map(([key, value]) => `${key}=${value}`).join('&')
}

/** A `+` of a query is read as a space, as it was when the request was judged. */
function queryText(text: string): string {
  return encodeBytes(percentDecoded(text.replaceAll('+', ' ')), false)
}

function ascending(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}

function canonicalFields(fields: readonly Field[]): { block: string; signedHeaders: string } {
  const values = new Map<string, string>()
  for (const [name, value] of fields) {
    const before = values.get(name)
    const trimmed = value.trim().replace(/ +/g, ' ')
    values.set(name, before === undefined ? trimmed : `${before},${trimmed}`)
  }
  const names = [...values.keys()].toSorted(ascending)
  let block = ''
  for (const name of names) block += `${name}:${values.get(name) ?? ''}\n`
  return { block, signedHeaders: names.join(';') }
}

/** What of ASCII stands for itself: RFC 3986, 2.3. By code; 1 where it does. */
const unreserved: Uint8Array = unreservedTable()
const slash = 0x2f
const percent = 0x25

function unreservedTable(): Uint8Array {
  const table = new Uint8Array(256)
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  for (const byte of Buffer.from(`${letters}0123456789-._~`, 'latin1')) table[byte] = 1
  return table
}

/** AWS's `UriEncode`: everything but the unreserved, as upper-case escapes; a space is `%20`. */
function encodeBytes(bytes: Uint8Array, slashStays: boolean): string {
  let text = ''
  for (const byte of bytes) {
    if (unreserved[byte] === 1 || (slashStays && byte === slash)) text += String.fromCharCode(byte)
    else text += `%${byte < 16 ? '0' : ''}${byte.toString(16).toUpperCase()}`
  }
  return text
}

/** What an escaped text means. A percent sign that begins no escape stands for itself, `+` too. */
export function percentDecoded(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8')
  if (!bytes.includes(percent)) return bytes
  let length = 0
  for (let at = 0; at < bytes.length; at += 1) {
    const value = bytes[at] === percent ? escapeAt(bytes, at) : -1
    bytes[length] = value < 0 ? (bytes[at] ?? 0) : value
    length += 1
    if (value >= 0) at += 2
  }
  return bytes.subarray(0, length)
}

function escapeAt(bytes: Uint8Array, at: number): number {
  const high = hexDigit(bytes[at + 1] ?? 0)
  const low = hexDigit(bytes[at + 2] ?? 0)
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
