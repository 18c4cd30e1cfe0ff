import type { Field } from '../http-message.ts'
import type { CompiledAllow } from './compiled-rule.ts'

/** Whether a rule needs the body of every request, whatever kind it is of. */
export function alwaysWantsBody({ body, pin }: Pick<CompiledAllow, 'body' | 'pin'>): boolean {
  if (body !== null) return true
  if (pin.kind !== 'credential') return false
  const { kind } = pin.identity.slot
  return kind === 'json' || kind === 'sigv4'
}

/** Whether a rule needs the body of a request: to judge it, to look for carriers in it, or to put one there. */
export function wantsBody(rule: CompiledAllow, headers: readonly Field[]): boolean {
  return rule.alwaysBody || (rule.pin.kind !== 'guest' && mayCarry(headers))
}

/** Whether a body says it is of a kind in which fields have names. */
function mayCarry(headers: readonly Field[]): boolean {
  for (const [name, value] of headers) if (name === 'content-type' && isNamed(value)) return true
  return false
}

function isNamed(value: string): boolean {
  const type = value.toLowerCase()
  return (
    type.includes('/json') ||
    type.includes('+json') ||
    type.includes('x-www-form-urlencoded') ||
    type.includes('multipart/form-data')
  )
}

/** The field `content-type`, all of it where there are several; `null` without one. */
export function contentTypeOf(headers: readonly Field[]): string | null {
  let found: string | null = null
  for (const [name, value] of headers)
    if (name === 'content-type') found = found === null ? value : `${found}, ${value}`
  return found
}
