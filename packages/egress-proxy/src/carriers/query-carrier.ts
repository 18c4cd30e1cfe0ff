import { type Carrier, RequestFault } from './carrier.ts'
import { withTarget } from './field-slot.ts'
import { charactersOf, distinct, percentEncoded, readableText, unreserved } from './secret-text.ts'

const plain = charactersOf(unreserved)

/** A key of the query: every one of that name is taken away, ours comes last; the others stay as they are. */
export function queryCarrier(name: string): Carrier {
  const start = `${percentEncoded(Buffer.from(name), plain)}=`
  return {
    slot: { kind: 'query', name },
    needsBody: false,
    put: ({ head, body }, secret) => {
      const piece = `${start}${escaped(secret)}`
      return { head: withTarget(head, replaced(head.target, name, piece)), body }
    },
    hidden: (secret) => distinct(readableText(secret), escaped(secret)),
  }
}

function escaped(secret: Buffer): string {
  readableText(secret)
  return percentEncoded(secret, plain)
}

function replaced(target: string, name: string, piece: string): string {
  const mark = target.indexOf('?')
  if (mark === -1) return `${target}?${piece}`
  const kept: string[] = []
  for (const one of target.slice(mark + 1).split('&'))
    if (one !== '' && keyOf(one) !== name) kept.push(one)
  kept.push(piece)
  return `${target.slice(0, mark)}?${kept.join('&')}`
}

function keyOf(piece: string): string {
  const equals = piece.indexOf('=')
  const key = equals === -1 ? piece : piece.slice(0, equals)
  try {
    return decodeURIComponent(key.replaceAll('+', ' '))
  } catch {
    // What was judged is UTF-8; whether this one is ours, nobody can tell.
    throw new RequestFault('the query has a key that is no UTF-8')
  }
}
