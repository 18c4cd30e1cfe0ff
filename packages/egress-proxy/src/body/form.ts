/** Fields in order, keys and values decoded. */
export type FormFields = readonly (readonly [string, string])[]

const mostFields = 10_000

/** Unreserved characters as the URL standard leaves them: `encodeURIComponent` leaves a few more. */
function encode(text: string): string {
  return encodeURIComponent(text)
    .replace(/%20/g, '+')
    .replace(/[!'()~]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return null
  }
}

function readField(pair: string): readonly [string, string] | null {
  const equals = pair.indexOf('=')
  // Text without any may be no form at all, and must not get one.
  if (equals === -1) return null
  const key = decode(pair.slice(0, equals))
  const value = decode(pair.slice(equals + 1))
  return key === null || value === null || key === '' || key.includes('\0') ? null : [key, value]
}

/**
 * Reads `application/x-www-form-urlencoded` (URL standard, 5.1) where all readers agree: printable ASCII,
 * escapes written out, UTF-8 behind them, a key and `=` in every field. `;` is no separator; it is written escaped.
 */
export function readForm(bytes: Buffer): FormFields | null {
  const text = bytes.toString('latin1')
  if (/[^!-~]/.test(text)) return null
  if (text === '') return []
  const fields: (readonly [string, string])[] = []
  let start = 0
  while (start <= text.length) {
    const next = text.indexOf('&', start)
    const end = next === -1 ? text.length : next
    const field = readField(text.slice(start, end))
    if (field === null || fields.length >= mostFields) return null
    fields.push(field)
    start = end + 1
  }
  return fields
}

/** Undoes what escapes are well-formed, and leaves the rest. */
function decodeLoosely(text: string): string {
  const spaced = text.replaceAll('+', ' ')
  const bytes = spaced.replace(/%([0-9A-Fa-f]{2})/g, (_escape, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return bytes.trim()
}

/**
 * Reads a form as the most lenient reader would: fields end at `&`, `;` and line ends, whatever is in them.
 * `null` when there are too many.
 */
export function readLooseForm(bytes: Buffer): FormFields | null {
  const fields: (readonly [string, string])[] = []
  for (const [pair] of bytes.toString('latin1').matchAll(/[^&;\r\n\0]+/g)) {
    if (fields.length >= mostFields) return null
    const equals = pair.indexOf('=')
    const key = equals === -1 ? pair : pair.slice(0, equals)
    fields.push([decodeLoosely(key), equals === -1 ? '' : decodeLoosely(pair.slice(equals + 1))])
  }
  return fields
}

/** Writes a form in one fixed way. */
export function writeForm(fields: FormFields): Buffer {
  const pairs = fields.map(([key, value]) => `${encode(key)}=${encode(value)}`)
  return Buffer.from(pairs.join('&'), 'latin1')
}
