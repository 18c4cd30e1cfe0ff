import { isUtf8 } from 'node:buffer'
import { JsonNumber, type JsonValue } from './body-view.ts'
import { JsonFault, unescaped } from './json-escape.ts'

/** How large a document may be, beside its bytes. */
export interface JsonBounds {
  /** Arrays and objects inside one another. */
  readonly depth: number
  /** Values, all together. */
  readonly values: number
  /** Keys of one object. */
  readonly keys: number
}

/** Why a document is refused: words of our own, none of its bytes in them. */
export interface JsonRefusal {
  readonly fault: string
}

/** More than any API takes, and less than what stalls a process. */
const jsonBounds: JsonBounds = Object.freeze({
  depth: 64,
  values: 500_000,
  keys: 4096,
})

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const openArray = 0x5b
const closeArray = 0x5d
const openObject = 0x7b
const closeObject = 0x7d
const plus = 0x2b
const minus = 0x2d
const point = 0x2e
const zero = 0x30
const nine = 0x39
const exponent = 0x65

/** Reads one document. A mistake is thrown as a `JsonFault`, and caught in `parseJson`. */
class Reader {
  readonly #text: string
  readonly #bounds: JsonBounds
  #at = 0
  #values = 0

  constructor(text: string, bounds: JsonBounds) {
    this.#text = text
    this.#bounds = bounds
  }

  document(): JsonValue {
    const value = this.#value(0)
    this.#skip()
    if (this.#at < this.#text.length) throw new JsonFault('something stands behind the value')
    return value
  }

  /** Goes to the next character that is no blank (RFC 8259, 2), and tells it; NaN at the end. */
  #skip(): number {
    let code = this.#text.charCodeAt(this.#at)
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      this.#at += 1
      code = this.#text.charCodeAt(this.#at)
    }
    return code
  }

  #value(depth: number): JsonValue {
    const code = this.#skip()
    this.#values += 1
    if (this.#values > this.#bounds.values) throw new JsonFault('it holds too many values')
    if (code === quote) return this.#string()
    if (code === openObject) return this.#object(this.#deeper(depth))
    if (code === openArray) return this.#array(this.#deeper(depth))
    if (code === 0x74) return this.#word('true', true)
    if (code === 0x66) return this.#word('false', false)
    if (code === 0x6e) return this.#word('null', null)
    return this.#numeral()
  }

  #deeper(depth: number): number {
    if (depth >= this.#bounds.depth) throw new JsonFault('it is nested too deep')
    this.#at += 1
    return depth + 1
  }

  #word<Value extends boolean | null>(word: string, value: Value): Value {
    if (!this.#text.startsWith(word, this.#at)) throw new JsonFault('it holds an unknown word')
    this.#at += word.length
    return value
  }

  /** RFC 8259, 6. */
  #numeral(): JsonNumber {
    const start = this.#at
    if (this.#text.charCodeAt(this.#at) === minus) this.#at += 1
    if (this.#text.charCodeAt(this.#at) === zero) this.#at += 1
    else this.#digits()
    if (this.#text.charCodeAt(this.#at) === point) {
      this.#at += 1
      this.#digits()
    }
    if ((this.#text.charCodeAt(this.#at) | 0x20) === exponent) {
      this.#at += 1
      const sign = this.#text.charCodeAt(this.#at)
      if (sign === minus || sign === plus) this.#at += 1
      this.#digits()
    }
    return new JsonNumber(this.#text.slice(start, this.#at))
  }

  #digits(): void {
    const start = this.#at
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (!(code >= zero && code <= nine)) break
      this.#at += 1
    }
    if (this.#at === start) throw new JsonFault('a value is missing or not JSON')
  }

  /** Stands on the opening quote; ends behind the closing one. */
  #string(): string {
    const text = this.#text
    const start = this.#at + 1
    let isEscaped = false
    let at = start
    for (;;) {
      const code = text.charCodeAt(at)
      if (code === quote) break
      if (code === backslash) {
        isEscaped = true
        at += 1
      }
      // The comparison fails for NaN too, which is the end of the text.
      if (!(code >= 0x20)) throw new JsonFault('a string has no end or holds a control character')
      at += 1
    }
    this.#at = at + 1
    return isEscaped ? unescaped(text, start, at) : text.slice(start, at)
  }

  #array(depth: number): readonly JsonValue[] {
    const items: JsonValue[] = []
    if (this.#skip() === closeArray) {
      this.#at += 1
      return items
    }
    for (;;) {
      items.push(this.#value(depth))
      const code = this.#skip()
      this.#at += 1
      if (code === closeArray) return items
      if (code !== comma) throw new JsonFault('an array has no end')
    }
  }

  #object(depth: number): ReadonlyMap<string, JsonValue> {
    const members = new Map<string, JsonValue>()
    if (this.#skip() === closeObject) {
      this.#at += 1
      return members
    }
    for (;;) {
      const key = this.#key(members)
      members.set(key, this.#value(depth))
      const code = this.#skip()
      this.#at += 1
      if (code === closeObject) return members
      if (code !== comma) throw new JsonFault('an object has no end')
    }
  }

  #key(members: ReadonlyMap<string, JsonValue>): string {
    if (this.#skip() !== quote) throw new JsonFault('a key is missing or not quoted')
    const key = this.#string()
    if (members.has(key)) throw new JsonFault('an object holds a key twice')
    // Readers written in C end a key there, and so read another one.
    if (key.includes('\0')) throw new JsonFault('a key holds the character U+0000')
    if (members.size >= this.#bounds.keys) throw new JsonFault('an object holds too many keys')
    if (this.#skip() !== colon) throw new JsonFault('a key has no value')
    this.#at += 1
    return key
  }
}

/**
 * Reads JSON as RFC 8259 writes it, and nothing that only some readers take: UTF-8 without a byte order
 * mark, no key twice in an object once escapes are undone, no half of a surrogate pair, nothing behind the
 * value. Numbers are kept as they were written. Linear in the bytes given.
 */
export function parseJson(
  bytes: Uint8Array,
  bounds: JsonBounds = jsonBounds,
): { readonly value: JsonValue } | JsonRefusal {
  if (!isUtf8(bytes)) return { fault: 'it is not UTF-8' }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  if (text.charCodeAt(0) === 0xfeff) return { fault: 'it begins with a byte order mark' }
  try {
    return { value: new Reader(text, bounds).document() }
  } catch (error) {
    if (error instanceof JsonFault) return { fault: error.message }
    throw error
  }
}

/** A text that grows by bits becomes a tree of them: what is written is put away before that is large. */
const mostKept = 8192

class Writer {
  readonly #chunks: Buffer[] = []
  #text = ''

  bytes(): Buffer {
    this.#putAway()
    const [first = Buffer.alloc(0)] = this.#chunks
    return this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks)
  }

  value(value: JsonValue): void {
    if (typeof value === 'string') this.#put(JSON.stringify(value))
    else if (value === null || typeof value === 'boolean') this.#put(String(value))
    else if (value instanceof JsonNumber) this.#put(value.text)
    else if (isObject(value)) this.#object(value)
    else this.#array(value)
  }

  #array(items: readonly JsonValue[]): void {
    let before = '['
    for (const item of items) {
      this.#put(before)
      before = ','
      this.value(item)
    }
    this.#put(items.length === 0 ? '[]' : ']')
  }

  #object(members: ReadonlyMap<string, JsonValue>): void {
    let before = '{'
    for (const [key, item] of members) {
      this.#put(`${before}${JSON.stringify(key)}:`)
      before = ','
      this.value(item)
    }
    this.#put(members.size === 0 ? '{}' : '}')
  }

  /** Whole strings at a time, so that no character is cut in two. */
  #put(text: string): void {
    this.#text += text
    if (this.#text.length > mostKept) this.#putAway()
  }

  #putAway(): void {
    this.#chunks.push(Buffer.from(this.#text, 'utf8'))
    this.#text = ''
  }
}

function isObject(
  value: readonly JsonValue[] | ReadonlyMap<string, JsonValue>,
): value is ReadonlyMap<string, JsonValue> {
  return value instanceof Map
}

/** Writes JSON in one fixed way: no blanks, keys in order, escapes only where they are needed. */
export function writeJson(value: JsonValue): Buffer {
  const writer = new Writer()
  writer.value(value)
  return writer.bytes()
}
