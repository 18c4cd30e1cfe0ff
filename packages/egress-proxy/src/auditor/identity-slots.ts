import type { CredentialCarrier, Policy } from '@caisson/core'
import type { Slot } from '../carriers/carrier.ts'
import type { Identities, Identity } from '../identity/identities.ts'

/** Never the dummy of any sandbox. */
const noDummy = '(none)'

function slotOf(carrier: CredentialCarrier): Slot {
  if ('header' in carrier) {
    return { kind: 'header', name: carrier.header, scheme: carrier.scheme ?? null }
  }
  if ('basic' in carrier) return { kind: 'basic', user: carrier.basic }
  if ('query' in carrier) return { kind: 'query', name: carrier.query }
  if ('cookie' in carrier) return { kind: 'cookie', name: carrier.cookie }
  if ('sigv4' in carrier) return { kind: 'sigv4' }
  if ('mtls' in carrier) return { kind: 'mtls' }
  if ('json' in carrier) return { kind: 'json', pointer: carrier.json }
  return { kind: 'path', segment: carrier.path.segment, prefix: carrier.path.prefix ?? '' }
}

/** The credentials of a policy as judging knows them, without asking any source for a secret. */
export function identitySlots(policy: Policy): Identities {
  const entries = Object.entries(policy.credentials ?? {})
  return new Map(
    entries.map(([id, { carrier }]): [string, Identity] => [
      id,
      { id, slot: slotOf(carrier), dummy: noDummy },
    ]),
  )
}
