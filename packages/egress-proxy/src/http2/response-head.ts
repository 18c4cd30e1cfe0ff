import type { Field, ResponseHead } from '../http-message.ts'
import { fieldFault, readLength, sectionTooLarge, type SectionBounds } from './field-syntax.ts'

/** The start of an answer that passed, and how long its body says it is. */
export interface ReadResponse {
  readonly head: ResponseHead
  readonly length: number | null
}

/**
 * Reads the start of an answer from the list that nghttp2 hands over. A string says what is wrong
 * with it: such an answer is not passed on in any form.
 */
export function readResponseHead(
  raw: readonly string[],
  bounds: SectionBounds,
): ReadResponse | string {
  const large = sectionTooLarge(raw, bounds)
  if (large !== null) return large
  const status = raw[0] === ':status' ? readStatus(raw[1] ?? '') : null
  if (status === null) return 'no status'
  const headers: Field[] = []
  let length: number | null = null
  for (let index = 2; index < raw.length; index += 2) {
    const name = raw[index] ?? ''
    const value = raw[index + 1] ?? ''
    const fault = fieldFault(name, value)
    if (fault !== null) return fault
    if (name !== 'content-length') {
      headers.push([name, value])
      continue
    }
    if (length !== null) return 'two lengths'
    length = readLength(value)
    if (length === null) return 'a length that is not a number'
  }
  return { head: { status, headers }, length }
}

/** A final status; interim ones are told apart before. */
function readStatus(text: string): number | null {
  return /^[2-5][0-9]{2}$/.test(text) ? Number(text) : null
}
