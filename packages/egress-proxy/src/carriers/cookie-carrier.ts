import type { Field } from '../http-message.ts'
import type { Carrier } from './carrier.ts'
import { withHeaders } from './field-slot.ts'
import { distinct, visibleText } from './secret-text.ts'

/** One cookie. Others stay as they are: whether there may be any is judged before. */
export function cookieCarrier(name: string): Carrier {
  return {
    slot: { kind: 'cookie', name },
    needsBody: false,
    put: ({ head, body }, secret) => {
      const ours = `${name}=${visibleText(secret, ';')}`
      return { head: withHeaders(head, withCookie(head.headers, name, ours)), body }
    },
    hidden: (secret) => distinct(visibleText(secret, ';')),
  }
}

function withCookie(fields: readonly Field[], name: string, ours: string): readonly Field[] {
  const headers: Field[] = []
  const cookies: string[] = []
  for (const field of fields) {
    if (field[0] === 'cookie') keepOthers(cookies, field[1], name)
    else headers.push(field)
  }
  cookies.push(ours)
  headers.push(['cookie', cookies.join('; ')])
  return headers
}

function keepOthers(kept: string[], value: string, name: string): void {
  for (const part of value.split(';')) {
    const cookie = part.trim()
    const equals = cookie.indexOf('=')
    const its = equals === -1 ? cookie : cookie.slice(0, equals).trimEnd()
    if (cookie !== '' && its !== name) kept.push(cookie)
  }
}
