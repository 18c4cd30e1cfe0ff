import { randomBytes } from 'node:crypto'
import type { Field } from '../http-message.ts'
import { matchesToken, tokenDigest } from '../socks/token-digest.ts'

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
  return matchesToken(tokenDigest(`${tokenUser}:${token}`), Buffer.from(encoded, 'base64'))
}
