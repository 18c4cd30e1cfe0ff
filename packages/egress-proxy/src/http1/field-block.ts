import type { Field } from '../http-message.ts'
import { fieldName } from './field-name.ts'
import type { FieldKind } from './field-name.ts'
import { MessageFault } from './message-fault.ts'
import { authorityOctets, consistsOf, tokenOctets, valueOctets } from './octets.ts'

const colon = 0x3a
const space = 0x20
const tab = 0x09

/** The fields of a head: what is passed on, and apart from it what frames the message. */
export class FieldBlock {
  headers: Field[] = []
  host: string | null = null
  length: number | null = null
  chunked = false
  /** Values of all `Connection` lines, joined by commas. */
  connection: string | null = null
  upgrade: string | null = null
  expect: string | null = null
  takesTrailers = false
  hasProxyFields = false

  add(kind: FieldKind, name: string, value: string): void {
    if (kind === 'plain' || kind === 'proxy') {
      if (kind === 'proxy') this.hasProxyFields = true
      this.headers.push([name, value])
    } else if (kind === 'te') this.#takeTe(value)
    else if (kind === 'host' || kind === 'length' || kind === 'coding') this.#frame(kind, value)
    else if (kind !== 'hop') this.#join(kind, value)
  }

  #join(kind: 'connection' | 'upgrade' | 'expect', value: string): void {
    const before = this[kind]
    this[kind] = before === null ? value : `${before},${value}`
  }

  #frame(kind: 'host' | 'length' | 'coding', value: string): void {
    if (kind === 'host') {
      if (this.host !== null) throw new MessageFault('There is more than one Host.')
      if (!consistsOf(value, authorityOctets)) throw new MessageFault('Host is malformed.')
      this.host = value
    } else if (kind === 'length') {
      if (this.length !== null) throw new MessageFault('There is more than one Content-Length.')
      this.length = lengthOf(value)
    } else {
      if (this.chunked) throw new MessageFault('There is more than one Transfer-Encoding.')
      if (value.toLowerCase() !== 'chunked') {
        throw new MessageFault('Transfer-Encoding is not chunked alone.')
      }
      this.chunked = true
    }
    if (this.chunked && this.length !== null) {
      throw new MessageFault('Content-Length and Transfer-Encoding exclude each other.')
    }
  }

  #takeTe(value: string): void {
    const codings = value.split(',')
    if (!codings.some((coding) => coding.trim().toLowerCase() === 'trailers')) return
    if (!this.takesTrailers) this.headers.push(['te', 'trailers'])
    this.takesTrailers = true
  }
}

/** RFC 9110, 8.6, in its one spelling: readers differ about signs, leading zeroes and lists. */
function lengthOf(value: string): number {
  const bytes = value.length > 0 && value.length <= 16 ? digitsOf(value) : -1
  if (bytes < 0 || bytes > Number.MAX_SAFE_INTEGER || (value.length > 1 && value[0] === '0')) {
    throw new MessageFault('Content-Length is malformed.')
  }
  return bytes
}

function digitsOf(value: string): number {
  let number = 0
  for (let at = 0; at < value.length; at++) {
    const digit = value.charCodeAt(at) - 0x30
    if (digit < 0 || digit > 9) return -1
    number = number * 10 + digit
  }
  return number
}

const isBlank = (octet: number): boolean => octet === space || octet === tab

/**
 * Reads field lines: `text` from `start` to its end, of which the last two characters are the empty
 * line. RFC 9112, 5, without what it lets a receiver repair: folded lines, blanks before the colon.
 */
export function readFields(
  text: string,
  start: number,
  check?: (kind: FieldKind) => void,
): FieldBlock {
  const block = new FieldBlock()
  const end = text.length - 2
  let at = start
  while (at < end) {
    const nameEnd = endOfName(text, at)
    const lineEnd = endOfValue(text, nameEnd + 1)
    let first = nameEnd + 1
    let last = lineEnd
    while (first < last && isBlank(text.charCodeAt(first))) first++
    while (last > first && isBlank(text.charCodeAt(last - 1))) last--
    const { name, kind } = fieldName(text.slice(at, nameEnd))
    check?.(kind)
    block.add(kind, name, text.slice(first, last))
    at = lineEnd + 2
  }
  return block
}

function endOfName(text: string, start: number): number {
  let at = start
  while (tokenOctets[text.charCodeAt(at)] === 1) at++
  if (at === start || text.charCodeAt(at) !== colon) {
    throw new MessageFault('A header line is malformed.')
  }
  return at
}

function endOfValue(text: string, start: number): number {
  let at = start
  while (valueOctets[text.charCodeAt(at)] === 1) at++
  if (text.charCodeAt(at) !== 0x0d || text.charCodeAt(at + 1) !== 0x0a) {
    throw new MessageFault('A header value holds a control character.')
  }
  return at
}
