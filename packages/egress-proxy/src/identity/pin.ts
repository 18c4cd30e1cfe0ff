import type { HttpRequest } from '../decide/request.ts'
import type { FoundCarrier } from './found-carrier.ts'
import type { Identity } from './identities.ts'
import { basicOf } from './basic-text.ts'
import { isOwnDummyField } from './own-dummy.ts'
import { isInSlot, slotFault } from './slot-fault.ts'

/** Whose name a rule lets stand on a request. */
export type Pin =
  | { readonly kind: 'anonymous' }
  /** Anybody's, but for what belongs to a credential of this sandbox. */
  | { readonly kind: 'guest'; readonly dummies: readonly string[] }
  | { readonly kind: 'credential'; readonly identity: Identity }

export const anonymousPin: Pin = Object.freeze({ kind: 'anonymous' })

/**
 * What in a request says in whose name it comes and may not, or `null`. While the body is not read nothing
 * in it is found; what is not found is as it should be.
 */
export function pinFault(pin: Pin, request: HttpRequest): FoundCarrier | null {
  if (pin.kind === 'credential') return credentialFault(pin.identity, request)
  const inBody = request.body === null ? 0 : request.body.carriers.length
  if (request.carriers.length === 0 && inBody === 0) return null
  const { carriers, body } = request
  if (pin.kind === 'anonymous') return carriers[0] ?? body?.carriers[0] ?? null
  const isOurs = (one: FoundCarrier): boolean => holdsDummy(one.value, pin.dummies)
  return carriers.find(isOurs) ?? body?.carriers.find(isOurs) ?? null
}

function credentialFault({ slot, dummy }: Identity, request: HttpRequest): FoundCarrier | null {
  for (const one of request.carriers)
    if (!isInSlot(slot, one) && !isOwnDummyField(one, dummy)) return one
  if (request.body !== null)
    for (const one of request.body.carriers) if (!isInSlot(slot, one)) return one
  return slotFault({ slot, dummy }, request)
}

/** Whether a value is a dummy of this sandbox, or has one in it, plain or as `Basic` writes it. */
export function holdsDummy(value: string, dummies: readonly string[]): boolean {
  if (dummies.length === 0) return false
  if (dummies.some((dummy) => value.includes(dummy))) return true
  const coded = basicOf(value)
  return coded !== null && dummies.some((dummy) => coded.includes(dummy))
}
