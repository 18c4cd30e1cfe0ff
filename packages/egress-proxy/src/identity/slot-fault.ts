import type { Slot } from '../carriers/carrier.ts'
import { JsonNumber, type JsonValue } from '../body/body-view.ts'
import type { HttpRequest } from '../decide/request.ts'
import { basicOf } from './basic-text.ts'
import { trimmed, unescaped } from './find-carriers.ts'
import type { FoundCarrier } from './found-carrier.ts'
import type { Identity } from './identities.ts'
import { isOwnDummyField } from './own-dummy.ts'

type Pinned = Pick<Identity, 'slot' | 'dummy'>

/** Whether something was found where a credential belongs; what it says there is for {@link slotFault}. */
export function isInSlot(slot: Slot, found: FoundCarrier): boolean {
  const where = found.where === 'shape' ? 'header' : found.where
  return placesOf(slot).some((place) => place.where === where && place.name === found.name)
}

type Place = Pick<FoundCarrier, 'where' | 'name'>

const authorization: readonly Place[] = [{ where: 'header', name: 'authorization' }]
const signed: readonly Place[] = [
  ...authorization,
  { where: 'header', name: 'x-amz-security-token' },
]

function placesOf(slot: Slot): readonly Place[] {
  switch (slot.kind) {
    case 'header':
    case 'query':
    case 'cookie':
      return [{ where: slot.kind, name: slot.name }]
    case 'basic':
      return authorization
    case 'sigv4':
      return signed
    case 'path':
      return [{ where: 'path', name: String(slot.segment) }]
    case 'json':
      return [{ where: 'body', name: slot.pointer }]
    case 'mtls':
      return []
  }
}

/**
 * What stands where a credential belongs and is neither the sandbox's own dummy nor nothing, or stands there
 * twice; `null` when all is well.
 */
export function slotFault({ slot, dummy }: Pinned, request: HttpRequest): FoundCarrier | null {
  const isDummy = (value: string): boolean =>
    isOwnDummyField({ where: 'header', name: '', value }, dummy)
  switch (slot.kind) {
    case 'header':
      return fieldFault(
        request,
        slot.name,
        (value) => isEmpty(value, slot.scheme) || isDummy(value),
      )
    case 'basic':
      return fieldFault(request, 'authorization', (value) => isEmptyBasic(value) || isDummy(value))
    case 'sigv4':
      return signedFault(request, dummy)
    case 'query':
      return queryFault(request, slot.name, dummy)
    case 'cookie':
      return cookieFault(request, slot.name, dummy)
    case 'path':
      return pathFault(request, slot, dummy)
    case 'json':
      return jsonFault(request, slot.pointer, dummy)
    case 'mtls':
      return null
  }
}

function fieldFault(
  { headers }: HttpRequest,
  name: string,
  isOurs: (value: string) => boolean,
): FoundCarrier | null {
  let count = 0
  for (const [given, value] of headers) {
    if (given !== name) continue
    count += 1
    if (count > 1 || !isOurs(trimmed(value))) return { where: 'header', name, value }
  }
  return null
}

/** Nothing, or a scheme with nothing behind it. Schemes are compared without case (RFC 9110, 11.1). */
function isEmpty(value: string, scheme: string | null): boolean {
  return value === '' || (scheme !== null && behind(value, scheme) === '')
}

function behind(value: string, scheme: string): string | null {
  if (value.slice(0, scheme.length).toLowerCase() !== scheme.toLowerCase()) return null
  const rest = value.slice(scheme.length)
  return rest === '' || /^[ \t]/.test(rest) ? trimmed(rest) : null
}

/** The user's name is set anew with the password, so that any may stand there, but no password. */
function isEmptyBasic(value: string): boolean {
  if (isEmpty(value, 'Basic')) return true
  const text = basicOf(value)
  return text === '' || text === ':'
}

/** AWS Signature Version 4 alone: not 4A, whose keys are others, and no body that is signed as it flows. */
function signedFault(request: HttpRequest, dummy: string): FoundCarrier | null {
  const start = `AWS4-HMAC-SHA256 Credential=${dummy}/`
  return (
    fieldFault(request, 'authorization', (value) => value === '' || value.startsWith(start)) ??
    fieldFault(request, 'x-amz-security-token', (value) => value === '' || value === dummy) ??
    fieldFault(request, 'x-amz-content-sha256', (value) => !/^streaming-/i.test(value))
  )
}

function queryFault({ query }: HttpRequest, name: string, dummy: string): FoundCarrier | null {
  let count = 0
  for (const [key, value] of query) {
    if (key !== name) continue
    count += 1
    if (count > 1 || (value !== '' && value !== dummy)) return { where: 'query', name, value }
  }
  return null
}

function cookieFault({ carriers }: HttpRequest, name: string, dummy: string): FoundCarrier | null {
  let count = 0
  for (const one of carriers) {
    if (one.where !== 'cookie' || one.name !== name) continue
    count += 1
    if (count > 1 || (one.value !== '' && one.value !== dummy)) return one
  }
  return null
}

/** Without its segment there is no place to put the credential in. */
function pathFault(
  { path }: HttpRequest,
  { segment, prefix }: { readonly segment: number; readonly prefix: string },
  dummy: string,
): FoundCarrier | null {
  const written = path.slice(1).split('/')[segment]
  const given = written === undefined ? null : unescaped(written)
  if (given === prefix || given === `${prefix}${dummy}`) return null
  return { where: 'path', name: String(segment), value: given ?? '' }
}

function jsonFault({ body }: HttpRequest, pointer: string, dummy: string): FoundCarrier | null {
  if (body === null || body.view.kind !== 'json') return null
  const value = valueAt(body.view.value, pointer)
  if (value === null || value === '' || value === dummy) return null
  return { where: 'body', name: pointer, value: typeof value === 'string' ? value : '' }
}

/** `null` also where there is nothing. */
function valueAt(root: JsonValue, pointer: string): JsonValue {
  let value: JsonValue = root
  for (const part of pointer.split('/').slice(1)) {
    const step = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof value !== 'object' || value === null || value instanceof JsonNumber) return null
    const next: JsonValue | undefined = isList(value) ? value[Number(step)] : value.get(step)
    if (next === undefined) return null
    value = next
  }
  return value
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}
