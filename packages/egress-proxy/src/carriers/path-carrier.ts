import { type Carrier, CarrierFault, RequestFault } from './carrier.ts'
import { withTarget } from './field-slot.ts'
import { charactersOf, distinct, percentEncoded, readableText, unreserved } from './secret-text.ts'

/** What can stand in a segment unescaped (RFC 3986, 3.3), but `;`, at which some servers cut. */
const plain = charactersOf(`${unreserved}!$&'()*+,=:@`)

/** A segment of the path, counted from 0, behind a prefix that has to be there and stays. */
export function pathCarrier(segment: number, prefix: string): Carrier {
  const written = (secret: Buffer): string => {
    const text = readableText(secret)
    // Two readers would read them differently, escaped or not.
    if (/[/\\]/.test(text)) throw new CarrierFault('the secret holds a slash or backslash')
    if (/^\.{0,2}$/.test(prefix + text)) throw new CarrierFault('the secret makes a dot segment')
    return percentEncoded(secret, plain)
  }
  return {
    slot: { kind: 'path', segment, prefix },
    needsBody: false,
    put: ({ head, body }, secret) => {
      const { target } = head
      const mark = target.indexOf('?')
      const end = mark === -1 ? target.length : mark
      const { from, to } = placeOf(target.slice(0, end), segment)
      if (!target.startsWith(prefix, from) || from + prefix.length > to)
        throw new RequestFault('the path has no such prefix where the credential belongs')
      const start = target.slice(0, from + prefix.length)
      return { head: withTarget(head, `${start}${written(secret)}${target.slice(to)}`), body }
    },
    hidden: (secret) => distinct(readableText(secret), written(secret)),
  }
}

function placeOf(path: string, segment: number): { readonly from: number; readonly to: number } {
  let slash = path.startsWith('/') ? 0 : -1
  for (let at = 0; at < segment && slash !== -1; at += 1) slash = path.indexOf('/', slash + 1)
  if (slash === -1) throw new RequestFault('the path has no segment where the credential belongs')
  const next = path.indexOf('/', slash + 1)
  return { from: slash + 1, to: next === -1 ? path.length : next }
}
