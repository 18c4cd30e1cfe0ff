/** Types of records that are told apart (RFC 1035, 3.2.2; RFC 3596). */
export const dnsTypes: { readonly a: 1; readonly ptr: 12; readonly aaaa: 28 } = Object.freeze({
  a: 1,
  ptr: 12,
  aaaa: 28,
})

/** Codes of answers (RFC 1035, 4.1.1). */
export const dnsCodes: {
  readonly noError: 0
  readonly formatError: 1
  readonly nameError: 3
  readonly notImplemented: 4
  readonly refused: 5
} = Object.freeze({ noError: 0, formatError: 1, nameError: 3, notImplemented: 4, refused: 5 })

/** One of `dnsCodes`. */
export type DnsCode = (typeof dnsCodes)[keyof typeof dnsCodes]

/** What is needed of a query to answer it. */
export interface DnsQuery {
  readonly id: number
  readonly recursionDesired: boolean
  /** Labels joined by dots as they were sent, one character for each byte; empty for the root. */
  readonly name: string
  readonly type: number
  /** The question as it was sent, to be sent back; empty where it could not be read. */
  readonly question: Buffer
  /** The client knows EDNS (RFC 6891), so the answer says so too. */
  readonly edns: boolean
}

/** A query, or what to answer to what is none. */
export type DecodedQuery = DnsQuery & { readonly fault: DnsCode | null }

const headerBytes = 12
const longestQuery = 512
const longestName = 255
const internet = 1
const optType = 41
const response = 0x8000
const opcodes = 0x7800
const truncated = 0x0200
const recursionDesired = 0x0100
const recursionAvailable = 0x0080

/**
 * Reads a query: one question of the Internet class, at most an OPT record behind it, and nothing else.
 * `null` for what must not be answered at all: too short for an identifier, or itself an answer, since two
 * resolvers could answer each other for ever.
 */
export function decodeQuery(bytes: Buffer): DecodedQuery | null {
  if (bytes.length < headerBytes) return null
  const flags = bytes.readUInt16BE(2)
  if ((flags & response) !== 0) return null
  const blank = {
    id: bytes.readUInt16BE(0),
    recursionDesired: (flags & recursionDesired) !== 0,
    name: '',
    type: 0,
    question: bytes.subarray(0, 0),
    edns: false,
  }
  if ((flags & opcodes) !== 0) return { ...blank, fault: dnsCodes.notImplemented }
  const question = hasOneQuestion(bytes, flags) ? readQuestion(bytes) : null
  return question === null ? { ...blank, fault: dnsCodes.formatError } : { ...blank, ...question }
}

function hasOneQuestion(bytes: Buffer, flags: number): boolean {
  if (bytes.length > longestQuery || (flags & truncated) !== 0) return false
  const records = bytes.readUInt16BE(6) + bytes.readUInt16BE(8)
  return bytes.readUInt16BE(4) === 1 && records === 0 && bytes.readUInt16BE(10) <= 1
}

type Question = Pick<DecodedQuery, 'name' | 'type' | 'question' | 'edns' | 'fault'>

/** `null` unless the question, and an OPT record where one is announced, fill the message. */
function readQuestion(bytes: Buffer): Question | null {
  const name = readName(bytes)
  if (name === null || name.end + 4 > bytes.length) return null
  const end = name.end + 4
  const edns = bytes.readUInt16BE(10) === 1
  if (edns ? !isOpt(bytes.subarray(end)) : end !== bytes.length) return null
  const isInternet = bytes.readUInt16BE(name.end + 2) === internet
  return {
    name: name.text,
    type: bytes.readUInt16BE(name.end),
    question: bytes.subarray(headerBytes, end),
    edns,
    fault: isInternet ? null : dnsCodes.refused,
  }
}

/** Pointers are refused: a question is the first name, so there is nothing that one could point to. */
function readName(bytes: Buffer): { readonly text: string; readonly end: number } | null {
  const labels: string[] = []
  let at = headerBytes
  for (;;) {
    const length = bytes[at]
    if (length === undefined || length > 63) return null
    at += 1
    if (length === 0) break
    const label = bytes.toString('latin1', at, at + length)
    at += length
    // A dot within a label would look like two labels from here on.
    if (label.includes('.') || at - headerBytes >= longestName) return null
    labels.push(label)
  }
  return { text: labels.join('.'), end: at }
}

/** RFC 6891, 6.1.2: the root as name, the type, size, code and flags, and options that fill the rest. */
function isOpt(bytes: Buffer): boolean {
  if (bytes.length < 11 || bytes[0] !== 0 || bytes.readUInt16BE(1) !== optType) return false
  return bytes.length === 11 + bytes.readUInt16BE(9)
}

/** One record of an answer; it belongs to the name that was asked for. */
export interface DnsRecord {
  readonly type: number
  readonly data: Buffer
  readonly ttlSeconds: number
}

/** Answers a query, with the records or, without any, with the code alone. */
export function encodeAnswer(
  query: DnsQuery,
  code: DnsCode,
  records: readonly DnsRecord[] = [],
): Buffer {
  const header = Buffer.alloc(headerBytes)
  const asked = query.recursionDesired ? recursionDesired : 0
  header.writeUInt16BE(query.id, 0)
  header.writeUInt16BE(response | asked | recursionAvailable | code, 2)
  header.writeUInt16BE(query.question.length === 0 ? 0 : 1, 4)
  header.writeUInt16BE(records.length, 6)
  header.writeUInt16BE(query.edns ? 1 : 0, 10)
  return Buffer.concat([
    header,
    query.question,
    ...records.map(encodeRecord),
    ...(query.edns ? [emptyOpt()] : []),
  ])
}

function encodeRecord({ type, data, ttlSeconds }: DnsRecord): Buffer {
  const head = Buffer.alloc(12)
  // A pointer to the question's name (RFC 1035, 4.1.4).
  head.writeUInt16BE(0xc000 | headerBytes, 0)
  head.writeUInt16BE(type, 2)
  head.writeUInt16BE(internet, 4)
  head.writeUInt32BE(ttlSeconds, 6)
  head.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, data])
}

function emptyOpt(): Buffer {
  const opt = Buffer.alloc(11)
  opt.writeUInt16BE(optType, 1)
  opt.writeUInt16BE(longestQuery, 3)
  return opt
}

/** A canonical name as it stands in the data of a record, uncompressed. */
export function encodeName(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from(`\0${label}`, 'latin1'))
  for (const label of labels) label[0] = label.length - 1
  return Buffer.concat([...labels, Buffer.alloc(1)])
}
