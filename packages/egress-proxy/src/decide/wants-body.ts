import type { Field } from '../http-message.ts'
import type { CompiledAllow } from './compiled-rule.ts'
import type { HttpRequest } from './request.ts'

/** Whether a rule needs the body of every request, whatever kind it is of. */
export function alwaysWantsBody({ body, pin }: Pick<CompiledAllow, 'body' | 'pin'>): boolean {
  if (body !== null) return true
  if (pin.kind !== 'credential') return false
  const { kind } = pin.identity.slot
  return kind === 'json' || kind === 'sigv4'
}

/** Whether a rule needs the body of a request: to judge it, to look for carriers in it, or to put one there. */
export function wantsBody(
  rule: Pick<CompiledAllow, 'alwaysBody' | 'pin'>,
  request: Pick<HttpRequest, 'method' | 'headers'>,
): boolean {
  return rule.alwaysBody || (rule.pin.kind !== 'guest' && mayCarry(request))
}

/**
 * Whether a body may be of a kind in which fields have names: it says so, or says nothing that keeps services
 * from reading it so. A file that is put somewhere says nothing, too, but is not posted.
 */
function mayCarry({ method, headers }: Pick<HttpRequest, 'method' | 'headers'>): boolean {
  let isSaid = false
  for (const [name, value] of headers) {
    if (name !== 'content-type') continue
    isSaid = true
    if (isNamed(value)) return true
  }
  return method === 'POST' && !isSaid
}

/**
 * Browsers send JSON as plain text to be asked no questions, so that services read it there. In one of mixed
 * parts each is a request, whose headers count before those of the whole (OData, Google's batches).
 */
function isNamed(value: string): boolean {
  const type = value.toLowerCase()
  return (
    type.includes('json') ||
    type.includes('x-www-form-urlencoded') ||
    type.includes('multipart/form-data') ||
    type.includes('multipart/mixed') ||
    type.includes('text/plain') ||
    type.trim() === ''
  )
}

/** The field `content-type`, all of it where there are several; `null` without one. */
export function contentTypeOf(headers: readonly Field[]): string | null {
  let found: string | null = null
  for (const [name, value] of headers)
    if (name === 'content-type') found = found === null ? value : `${found}, ${value}`
  return found
}
