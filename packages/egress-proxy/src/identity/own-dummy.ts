import { trimmed } from './find-carriers.ts'
import type { FoundCarrier } from './found-carrier.ts'
import { basicOf } from './basic-text.ts'

/** A scheme and what it says: `Bearer …`, `token …`. */
const schemed = /^[A-Za-z][A-Za-z0-9-]{0,31}[ \t]+(\S+)$/

/**
 * Whether a header holds a credential's own dummy and nothing else, as client libraries write it: alone, behind
 * a scheme, or as the password of `Basic`. Such a header is taken out of the request, in which the credential
 * then says who asks. So it does not matter by which of a service's headers a library would have sent a key.
 */
export function isOwnDummyField({ where, value }: FoundCarrier, dummy: string): boolean {
  if (where !== 'header' && where !== 'shape') return false
  const text = trimmed(value)
  if (text === dummy || schemed.exec(text)?.[1] === dummy) return true
  const coded = basicOf(text)
  return coded !== null && coded.slice(coded.indexOf(':') + 1) === dummy && coded.includes(':')
}
