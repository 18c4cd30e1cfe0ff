import type { Field } from '../http-message.ts'

/** Lower-case token: what a name is in HTTP/2 (RFC 9113, 8.2.1). */
const nameForm = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/

/** No control character but tab, and nothing that does not fit a byte. */
const valueForm = /^[\t\x20-\x7e\x80-\xff]*$/

/** RFC 9113, 8.2.2: a field that speaks of the connection makes the message malformed. */
const connectionFields: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

/**
 * What has no place after a body (RFC 9110, 6.5.1): framing, routing, and all that a judge of the header
 * would have wanted to see, such as credentials.
 */
const notInTrailers: ReadonlySet<string> = new Set([
  ...connectionFields,
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'expect',
  'host',
  'max-forwards',
  'proxy-authenticate',
  'proxy-authorization',
  'range',
  'set-cookie',
  'te',
  'trailer',
  'www-authenticate',
])

/** Bounds of a field section. */
export interface SectionBounds {
  readonly headerLines: number
  readonly headerBytes: number
}

/** What a field costs beside its bytes (RFC 9113, 6.5.2). */
const fieldOverhead = 32

/** What is wrong with the size of a section given as name, value, name, value …; `null` when nothing is. */
export function sectionTooLarge(raw: readonly string[], bounds: SectionBounds): string | null {
  if (raw.length / 2 > bounds.headerLines) return 'too many header fields'
  let bytes = 0
  for (let index = 0; index < raw.length; index += 2) {
    bytes += (raw[index]?.length ?? 0) + (raw[index + 1]?.length ?? 0) + fieldOverhead
    if (bytes > bounds.headerBytes) return 'header too large'
  }
  return null
}

/** What is wrong with a field of a request or answer; `null` when nothing is. */
export function fieldFault(name: string, value: string): string | null {
  if (!nameForm.test(name)) return 'a field name that is not a lower-case token'
  if (!valueForm.test(value)) return 'a control character in a field value'
  if (isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(value.length - 1))) {
    return 'a field value with blanks at its ends'
  }
  if (connectionFields.has(name)) return 'a connection-specific field'
  if (name === 'te' && value !== 'trailers') return 'a TE field other than trailers'
  return null
}

/** Trailers, checked; a sentence of what is wrong with them otherwise. */
export function readTrailers(raw: readonly string[], bounds: SectionBounds): Field[] | string {
  const large = sectionTooLarge(raw, bounds)
  if (large !== null) return large
  const fields: Field[] = []
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? ''
    const value = raw[index + 1] ?? ''
    const fault = fieldFault(name, value)
    if (fault !== null) return fault
    if (notInTrailers.has(name)) return 'a trailer field that belongs into a header'
    fields.push([name, value])
  }
  return fields
}

/** A length in digits that a number holds exactly; `null` for anything else. */
export function readLength(text: string): number | null {
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(text)) return null
  const length = Number(text)
  return Number.isSafeInteger(length) ? length : null
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}
