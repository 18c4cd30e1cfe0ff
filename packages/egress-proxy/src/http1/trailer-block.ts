import type { Field } from '../http-message.ts'
import { readFields } from './field-block.ts'
import { MessageFault } from './message-fault.ts'

/**
 * RFC 9110, 6.5.1: a trailer cannot frame, route, modify, authenticate or describe the message, since
 * those who judge a head have not seen it yet.
 */
const refused: ReadonlySet<string> = new Set(
  [
    'age authorization cache-control content-encoding content-language content-location',
    'content-range content-type cookie date expires forwarded location max-forwards origin pragma',
    'proxy-authorization range referer retry-after set-cookie te user-agent vary via warning',
    'www-authenticate x-http-method x-http-method-override x-method-override',
  ].flatMap((names) => names.split(' ')),
)

const isRefused = (name: string): boolean =>
  refused.has(name) ||
  name.startsWith('if-') ||
  name.startsWith('x-forwarded-') ||
  name.startsWith('sec-')

/**
 * Reads the field lines after the last chunk, with their empty line.
 * @throws MessageFault when one is malformed or has no business in a trailer.
 */
export function readTrailers(text: string): readonly Field[] {
  const block = readFields(text, 0, (kind) => {
    if (kind !== 'plain') throw new MessageFault('A trailer field frames or routes the message.')
  })
  if (block.headers.some(([name]) => isRefused(name))) {
    throw new MessageFault('A trailer field belongs into the header.')
  }
  return block.headers
}
