/** A string of JSON that breaks RFC 8259, 7; the message is for people. */
export class JsonFault extends Error {}

const simple: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

/** The code unit of `uXXXX`, whose `u` is at `at`. */
function codeUnit(text: string, at: number): number {
  let unit = 0
  for (let index = at + 1; index <= at + 4; index += 1) {
    const digit = index < text.length ? hexDigit(text.charCodeAt(index)) : -1
    if (digit === -1) throw new JsonFault('an escape in a string is not written out')
    unit = unit * 16 + digit
  }
  return unit
}

/** What one escape stands for, and how many characters behind its backslash belong to it. */
function readEscape(text: string, at: number): { readonly value: string; readonly length: number } {
  const plain = simple.get(text.charAt(at))
  if (plain !== undefined) return { value: plain, length: 1 }
  if (text.charAt(at) !== 'u')
    throw new JsonFault('a string holds an escape that JSON does not know')
  const unit = codeUnit(text, at)
  if (unit < 0xd800 || unit > 0xdfff) return { value: String.fromCharCode(unit), length: 5 }
  const isPair = unit < 0xdc00 && text.startsWith('\\u', at + 5)
  const low = isPair ? codeUnit(text, at + 6) : 0
  if (low < 0xdc00 || low > 0xdfff) throw new JsonFault('a string holds half of a character')
  return { value: String.fromCharCode(unit, low), length: 11 }
}

/**
 * The text between two places of a JSON string, its escapes undone. Half a surrogate pair is refused: what
 * one reader replaces, another keeps.
 *
 * @throws JsonFault
 */
export function unescaped(text: string, from: number, to: number): string {
  let result = ''
  let start = from
  let next = text.indexOf('\\', from)
  while (next !== -1 && next < to) {
    const { value, length } = readEscape(text, next + 1)
    result += text.slice(start, next) + value
    start = next + 1 + length
    next = text.indexOf('\\', start)
  }
  return result + text.slice(start, to)
}
