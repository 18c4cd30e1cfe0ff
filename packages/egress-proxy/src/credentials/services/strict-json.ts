/** An object of JSON. Members are read with `textMember` and its kin, never trusted to be of a type. */
export type JsonObject = Readonly<Record<string, unknown>>

/** More than any service of tokens answers; a list of GitHub's repositories is the longest. */
const longestAnswer = 1_048_576
const deepest = 32

/**
 * Reads a JSON object strictly: UTF-8, nothing behind it, no name twice in one object (RFC 8259, 4, leaves it
 * open which of the two counts), 1 MiB and 32 levels at most.
 *
 * @returns `null` for anything else; never throws, since a parser's message quotes what it read
 */
export function readJsonObject(bytes: Uint8Array): JsonObject | null {
  if (bytes.length > longestAnswer) return null
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    const value: unknown = JSON.parse(text)
    return isObject(value) && isPlain(text) ? value : null
  } catch {
    return null
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether no object has a name twice and nothing is too deep. `text` is JSON already. */
function isPlain(text: string): boolean {
  const open: (Set<string> | null)[] = []
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 0x7b || code === 0x5b) {
      if (open.push(code === 0x7b ? new Set() : null) > deepest) return false
    } else if (code === 0x7d || code === 0x5d) {
      open.pop()
    } else if (code === 0x22) {
      const end = stringEnd(text, at)
      const names = isName(text, end) ? open.at(-1) : null
      if (names && !addName(names, text.slice(at, end))) return false
      at = end - 1
    }
  }
  return true
}

/** Behind the closing quotation mark of the string that starts here. */
function stringEnd(text: string, start: number): number {
  let at = start + 1
  while (text.charCodeAt(at) !== 0x22) at += text.charCodeAt(at) === 0x5c ? 2 : 1
  return at + 1
}

function isName(text: string, end: number): boolean {
  let at = end
  while (/[ \t\r\n]/.test(text.charAt(at))) at += 1
  return text.charCodeAt(at) === 0x3a
}

/** As it is meant: `"a"` and `"\u0061"` are one name. */
function addName(names: Set<string>, quoted: string): boolean {
  const name: unknown = JSON.parse(quoted)
  if (typeof name !== 'string' || names.has(name)) return false
  names.add(name)
  return true
}

/** A member that is a text, neither empty nor longer than this; else `null`. */
export function textMember(object: JsonObject, name: string, longest: number): string | null {
  const value = Object.hasOwn(object, name) ? object[name] : undefined
  return typeof value === 'string' && value !== '' && value.length <= longest ? value : null
}

/** A member that is an object; else `null`. */
export function objectMember(object: JsonObject, name: string): JsonObject | null {
  const value = Object.hasOwn(object, name) ? object[name] : undefined
  return isObject(value) ? value : null
}
