import type { Destination } from '../dial/dial.ts'
import type { ReasonCode } from '../decide/reason.ts'
import type { CanonicalHost, NameFault } from '../names/canonical-host.ts'
import type { Refusal } from '../refusal.ts'

/** The names that addresses inside stand for. */
export interface AddressNames {
  nameOf(address: string): string | null
}

/**
 * The name that is meant by a host as a client wrote it. A program that resolved the name by itself comes
 * with the address that our resolver gave for it, and means the name; any other address is refused.
 */
export function namedPlace(
  host: CanonicalHost | NameFault,
  port: number,
  names: AddressNames,
): Destination | Refusal {
  if ('fault' in host) return refusal('bad_name', host.fault, 'write the name in its plain form')
  if (!host.literal) return { host: host.host, port }
  const name = names.nameOf(host.host)
  if (name !== null) return { host: name, port }
  const remedy = 'use the name of the host instead of its address'
  return refusal('address_literal', 'an address was asked for instead of a name', remedy)
}

function refusal(code: ReasonCode, reason: string, remedy: string): Refusal {
  return { code, rule: null, reason, remedy }
}
