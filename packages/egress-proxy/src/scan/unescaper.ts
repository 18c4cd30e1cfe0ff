const percent = 0x25
const backslash = 0x5c
const ampersand = 0x26
const lineFeed = 0x0a
const carriageReturn = 0x0d
const semicolon = 0x3b

/** `&#1114111;` */
const longestEscape = 10

const named: ReadonlyMap<string, number> = new Map([
  ['amp', 0x26],
  ['lt', 0x3c],
  ['gt', 0x3e],
  ['quot', 0x22],
  ['apos', 0x27],
])

const lettersBehindBackslash: ReadonlyMap<number, number> = new Map([
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, lineFeed],
  [0x72, carriageReturn],
  [0x74, 0x09],
])

const nothing: Uint8Array = new Uint8Array(0)

const ordinary = 0
const special = 1
const dropped = 2

const kindOf: Uint8Array = new Uint8Array(256)
for (const byte of [percent, backslash, ampersand]) kindOf[byte] = special
for (const byte of [lineFeed, carriageReturn]) kindOf[byte] = dropped

interface Escape {
  readonly length: number
  readonly code: number
}

/** More bytes are needed to say whether it is one. */
const unfinished: Escape = Object.freeze({ length: -1, code: 0 })
const noEscape: Escape = Object.freeze({ length: 0, code: 0 })

/**
 * Reads a stream as those do who undo escapes of URLs, of JSON and programs, and of HTML, in whatever mixture
 * they come, and without line breaks, as `base64` puts them in. What is no escape stays as it is. A second
 * view of what leaves, beside the bytes as they are.
 */
export class Unescaper {
  #rest: Uint8Array = nothing

  /** The chunk itself where nothing in it has to be undone. */
  push(chunk: Uint8Array): Uint8Array {
    if (this.#rest.length === 0 && !mayHoldEscapes(chunk)) return chunk
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    return this.#undo(bytes, false)
  }

  /** What waited to be told. */
  end(): Uint8Array {
    return this.#rest.length === 0 ? nothing : this.#undo(this.#rest, true)
  }

  #undo(bytes: Uint8Array, isLast: boolean): Uint8Array {
    const plain = Buffer.allocUnsafe(bytes.length)
    let written = 0
    let at = 0
    this.#rest = nothing
    while (at < bytes.length) {
      const byte = bytes[at] ?? 0
      const kind = kindOf[byte] ?? ordinary
      if (kind === ordinary) {
        plain[written] = byte
        written += 1
        at += 1
        continue
      }
      if (kind === dropped) {
        at += 1
        continue
      }
      const escape = escapeAt(bytes, at)
      if (escape === unfinished && !isLast) {
        this.#rest = Buffer.from(bytes.subarray(at))
        break
      }
      // The mark of what is no escape stands for itself.
      written += put(plain, written, escape.length > 0 ? escape.code : byte)
      at += Math.max(1, escape.length)
    }
    return plain.subarray(0, written)
  }
}

function mayHoldEscapes(chunk: Uint8Array): boolean {
  return (
    chunk.includes(percent) ||
    chunk.includes(backslash) ||
    chunk.includes(ampersand) ||
    chunk.includes(lineFeed) ||
    chunk.includes(carriageReturn)
  )
}

/** Never longer than its escape. Escaped line breaks are left out, as plain ones are. */
function put(plain: Buffer, at: number, code: number): number {
  if (code === lineFeed || code === carriageReturn) return 0
  if (code < 0x100) {
    plain[at] = code
    return 1
  }
  return plain.write(String.fromCodePoint(code), at, 'utf8')
}

function escapeAt(bytes: Uint8Array, at: number): Escape {
  if (bytes[at] === percent) return hexAt(bytes, at + 1, 2)
  if (bytes[at] === ampersand) return entityAt(bytes, at)
  const letter = bytes[at + 1]
  if (letter === undefined) return unfinished
  if (letter === 0x75) return hexAt(bytes, at + 2, 4)
  if (letter === 0x78) return hexAt(bytes, at + 2, 2)
  return { length: 2, code: lettersBehindBackslash.get(letter) ?? letter }
}

/** Of `digits` hexadecimal digits, behind a mark of one byte (`%`) or two (`\u`, `\x`). */
function hexAt(bytes: Uint8Array, from: number, digits: number): Escape {
  let code = 0
  for (let at = from; at < from + digits; at += 1) {
    const byte = bytes[at]
    if (byte === undefined) return unfinished
    const value = hexValue(byte)
    if (value < 0) return noEscape
    code = code * 16 + value
  }
  const mark = bytes[from - 1] === percent ? 1 : 2
  return { length: digits + mark, code }
}

function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

function entityAt(bytes: Uint8Array, at: number): Escape {
  const window = bytes.subarray(at + 1, at + longestEscape)
  const length = window.indexOf(semicolon)
  if (length < 0) return window.length < longestEscape - 1 ? unfinished : noEscape
  const text = Buffer.from(window.subarray(0, length)).toString('latin1')
  const code = named.get(text.toLowerCase()) ?? numberedEntity(text)
  return code === null ? noEscape : { length: length + 2, code }
}

function numberedEntity(text: string): number | null {
  if (!/^#(?:[0-9]{1,7}|[xX][0-9a-fA-F]{1,6})$/.test(text)) return null
  const code = /^#[xX]/.test(text) ? parseInt(text.slice(2), 16) : Number(text.slice(1))
  return code <= 0x10ffff ? code : null
}
