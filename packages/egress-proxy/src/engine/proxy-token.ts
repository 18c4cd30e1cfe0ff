import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Field } from '../http-message.ts'

/** The user name that goes with every token. */
export const tokenUser: string = 'caisson'

/** 256 bits that say which sandbox a client belongs to, where the listener alone does not. */
export function makeToken(): string {
  return randomBytes(32).toString('base64url')
}

/** Whether a request holds the token, once, as `Proxy-Authorization: Basic` (RFC 7617). */
export function isTokenIn(headers: readonly Field[], token: string): boolean {
  const given = headers.filter(([name]) => name === 'proxy-authorization')
  const [scheme = '', encoded = '', ...rest] = given[0]?.[1].split(' ') ?? []
  if (given.length !== 1 || rest.length > 0 || scheme.toLowerCase() !== 'basic') return false
  return isEqual(Buffer.from(encoded, 'base64').toString('latin1'), `${tokenUser}:${token}`)
}

/** Compares in a time that tells nothing of either. */
function isEqual(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
