import type { Field } from '../http-message.ts'
import { fieldFault } from './field-syntax.ts'

/** A field section as node:http2 takes it. */
export type Section = Record<string, string | string[]>

/**
 * Puts fields into a section. Node packs names and values into one string with NUL between them, and
 * keeps the low byte of each character: a value that is not plain bytes could become other fields. So
 * nothing passes here that the reader would have refused.
 *
 * @throws TypeError when a field cannot be sent
 */
export function addFields(section: Section, fields: readonly Field[]): Section {
  for (const [name, value] of fields) {
    const fault = fieldFault(name, value)
    if (fault !== null) throw new TypeError(`cannot send ${fault}`)
    if (name === 'host' || name === 'content-length') throw new TypeError(`cannot send ${name}`)
    const present = section[name]
    if (present === undefined) section[name] = value
    else if (typeof present === 'string') section[name] = [present, value]
    else present.push(value)
  }
  return section
}

/** An empty section. Names come from outside, so it has no prototype that they could meet. */
export function emptySection(): Section {
  const section: Section = {}
  Object.setPrototypeOf(section, null)
  return section
}

/**
 * Trailers have to be announced to node:http2 before the body is sent, at the price of a frame and a
 * turn of the event loop. Bodies of a known length have none in practice, unless they say so.
 */
export function mayHaveTrailers(fields: readonly Field[], length: number | null): boolean {
  return length === null || fields.some(([name]) => name === 'trailer') || isGrpc(fields)
}

/** Whether a message is gRPC by its `content-type` (`application/grpc`, `application/grpc+proto` …). */
export function isGrpc(fields: readonly Field[]): boolean {
  return fields.some(
    ([name, value]) => name === 'content-type' && /^application\/grpc(?:$|[+; \t])/i.test(value),
  )
}
