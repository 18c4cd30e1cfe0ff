import type { Pattern } from './pattern.ts'

/** How a text was written where it was found. Letters count alike in either case in all of them. */
export type FormName =
  | 'raw'
  | 'percent'
  | 'form'
  | 'json'
  | 'html'
  | 'hex'
  | 'base32'
  | 'base64'
  | 'utf-16'
  | 'reversed'
  | 'piece'

/** One way to write a pattern. */
export interface Form {
  readonly name: FormName
  readonly bytes: Uint8Array
}

/** A pattern that is shorter is not looked for: it would be found everywhere. */
export const shortestPattern = 6

/** A written form that is shorter is left out: what is cut off at its ends makes it too common. */
const shortestForm = 8

/** Of a longer pattern, only the forms that programs write by themselves are looked for. */
const longForAllForms = 4096

const base64Letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const base64UrlLetters = `${base64Letters.slice(0, 62)}-_`
const base32Letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function ascii(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}

function each(bytes: Uint8Array, write: (byte: number) => string): Uint8Array {
  let text = ''
  for (const byte of bytes) text += write(byte)
  return ascii(text)
}

function hexOf(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

function percent(byte: number): string {
  return `%${hexOf(byte)}`
}

/** What stays beside letters and digits: each writer of URLs has its own idea of it. */
const staying = Object.freeze({
  /** RFC 3986, 2.3 */
  strict: '-._~',
  /** `encodeURIComponent` */
  component: "-._~!'()*",
  /** `encodeURI` */
  whole: "-._~!'()*;,/?:@&=+$#",
  /** `application/x-www-form-urlencoded` (URL Standard, 5.2) */
  form: '-._*',
  /** `urllib.parse.quote` of Python */
  withSlash: '-._~/',
  /** `url.PathEscape` of Go */
  goPath: '-._~$&+=:@',
  /** RFC 3986, 3.3 and 3.4 */
  segment: "-._~!$&'()*+,;=:@",
  query: "-._~!$&'()*+,;=:@/?",
  /** `urlencode` of PHP */
  php: '-._',
  /** `escape` of JavaScript */
  script: '@*_+-./',
})

const urlWays: readonly string[] = Object.freeze([
  staying.strict,
  staying.component,
  staying.whole,
  staying.withSlash,
  staying.goPath,
  staying.segment,
  staying.query,
  staying.php,
  staying.script,
])

function percentBut(stays: string, blank: string): (byte: number) => string {
  return (byte) => {
    if (byte === 0x20) return blank
    const letter = String.fromCharCode(byte)
    return /[A-Za-z0-9]/.test(letter) || stays.includes(letter) ? letter : percent(byte)
  }
}

const jsonEscapes: Readonly<Record<string, string>> = Object.freeze({
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
})

function json(byte: number): string {
  const letter = String.fromCharCode(byte)
  const escape = jsonEscapes[letter]
  if (escape !== undefined) return escape
  return byte < 0x20 ? unicode(byte) : letter
}

function jsonWithSlash(byte: number): string {
  return byte === 0x2f ? '\\/' : json(byte)
}

/** As writers do that keep JSON harmless inside HTML: each has its own idea of what that takes. */
function jsonBut(escaped: string): (byte: number) => string {
  return (byte) => (escaped.includes(String.fromCharCode(byte)) ? unicode(byte) : json(byte))
}

/** Go and Rails; Gson; .NET; all of it. */
const jsonForHtml: readonly string[] = Object.freeze(['<>&', "<>&='", '<>&\'+`"', "<>&'=+"])

function unicode(byte: number): string {
  return `\\u00${hexOf(byte)}`
}

const htmlEscapes: Readonly<Record<string, string>> = Object.freeze({
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
})

/** What writers of HTML do beside, or in other ways: the apostrophe each in its own. */
const htmlWays: readonly Readonly<Record<string, string>>[] = Object.freeze([
  { "'": '&#39;' },
  { "'": '&#x27;' },
  { "'": '&apos;' },
  // Go, Jinja
  { "'": '&#39;', '"': '&#34;' },
  // Go's templates
  { "'": '&#39;', '"': '&#34;', '+': '&#43;' },
  // As OWASP advises
  { "'": '&#x27;', '/': '&#x2F;' },
  // Handlebars
  { "'": '&#x27;', '`': '&#x60;', '=': '&#x3D;' },
  // Mustache
  { "'": '&#39;', '/': '&#x2F;', '`': '&#x60;', '=': '&#x3D;' },
])

function html(way: Readonly<Record<string, string>>): (byte: number) => string {
  return (byte) => {
    const letter = String.fromCharCode(byte)
    return way[letter] ?? htmlEscapes[letter] ?? letter
  }
}

/** JSON of writers that keep to ASCII: what lies beyond, by its units of UTF-16 (RFC 8259, 7). */
function jsonOfAscii(bytes: Uint8Array): Uint8Array {
  let text = ''
  for (const unit of Buffer.from(bytes).toString('utf8').split('')) {
    const code = unit.charCodeAt(0)
    text += code < 0x80 ? json(code) : `\\u${code.toString(16).padStart(4, '0')}`
  }
  return ascii(text)
}

/**
 * The digits that depend on nothing but the bytes, where `before` bytes of something else stand in front of
 * them: those at the ends, of which other bytes have a share, are cut off. `bits` of one digit: 5 or 6.
 */
function digits(bytes: Uint8Array, letters: string, before: number): Uint8Array {
  const bits = letters.length === 64 ? 6 : 5
  const first = Math.ceil((before * 8) / bits)
  const behind = Math.floor(((before + bytes.length) * 8) / bits)
  const made = new Uint8Array(Math.max(0, behind - first))
  for (let at = 0; at < made.length; at += 1) {
    const bit = (first + at) * bits - before * 8
    const pair = ((bytes[bit >> 3] ?? 0) << 8) | (bytes[(bit >> 3) + 1] ?? 0)
    made[at] = letters.charCodeAt((pair >> (16 - bits - (bit & 7))) & (letters.length - 1))
  }
  return made
}

function* encoded(bytes: Uint8Array): Generator<Form> {
  for (const stays of urlWays)
    yield { name: 'percent', bytes: each(bytes, percentBut(stays, '%20')) }
  for (const stays of [staying.form, staying.strict, staying.php])
    yield { name: 'form', bytes: each(bytes, percentBut(stays, '+')) }
  yield { name: 'json', bytes: each(bytes, json) }
  yield { name: 'json', bytes: each(bytes, jsonWithSlash) }
  for (const escaped of jsonForHtml) yield { name: 'json', bytes: each(bytes, jsonBut(escaped)) }
  if (bytes.some((byte) => byte > 0x7f)) yield { name: 'json', bytes: jsonOfAscii(bytes) }
  for (const way of htmlWays) yield { name: 'html', bytes: each(bytes, html(way)) }
  yield { name: 'hex', bytes: each(bytes, hexOf) }
  for (let before = 0; before < 3; before += 1) {
    yield { name: 'base64', bytes: digits(bytes, base64Letters, before) }
    yield { name: 'base64', bytes: digits(bytes, base64UrlLetters, before) }
  }
}

/** What nobody writes who does not want to hide something, or who hides everything that he writes. */
function* elaborate(bytes: Uint8Array): Generator<Form> {
  yield { name: 'percent', bytes: each(bytes, percent) }
  yield { name: 'json', bytes: each(bytes, unicode) }
  for (let before = 0; before < 5; before += 1)
    yield { name: 'base32', bytes: digits(bytes, base32Letters, before) }
  const wide = each(bytes, (byte) => `${String.fromCharCode(byte)}\0`)
  yield { name: 'utf-16', bytes: wide.subarray(0, wide.length - 1) }
}

/**
 * Every way to write a pattern that is looked for, each once. `reversed` is looked for only in what goes
 * out: no server turns a secret round by itself.
 */
export function formsOf(pattern: Pattern, direction: 'in' | 'out'): readonly Form[] {
  const { bytes } = pattern
  if (bytes.length < shortestPattern) return []
  const forms: Form[] = [{ name: 'raw', bytes }]
  const known = new Set([Buffer.from(bytes).toString('latin1').toLowerCase()])
  const add = (form: Form): void => {
    if (form.bytes.length < shortestForm) return
    const text = Buffer.from(form.bytes).toString('latin1').toLowerCase()
    if (known.has(text)) return
    known.add(text)
    forms.push(form)
  }
  for (const form of encoded(bytes)) add(form)
  if (bytes.length > longForAllForms) return forms
  for (const form of elaborate(bytes)) add(form)
  if (direction === 'out') add({ name: 'reversed', bytes: bytes.toReversed() })
  else for (const bytesOfHalf of halves(bytes)) add({ name: 'piece', bytes: bytesOfHalf })
  return forms
}

/** Of a shorter pattern, a half says little. */
const longForHalves = 32

/**
 * Halves, an eighth apart: a server that cuts off what it gives back shows an eighth at most of a secret
 * that would be found whole.
 */
function* halves(bytes: Uint8Array): Generator<Uint8Array> {
  if (bytes.length < longForHalves) return
  const length = Math.ceil(bytes.length / 2)
  const step = Math.floor(bytes.length / 8)
  for (let from = 0; from < bytes.length - length; from += step)
    yield bytes.subarray(from, from + length)
  yield bytes.subarray(bytes.length - length)
}
