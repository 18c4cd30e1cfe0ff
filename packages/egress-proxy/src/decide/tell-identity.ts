import type { Slot } from '../carriers/carrier.ts'
import type { FoundCarrier } from '../identity/found-carrier.ts'
import type { Identities, Identity } from '../identity/identities.ts'
import { isOwnDummyField } from '../identity/own-dummy.ts'
import { holdsDummy, type Pin, pinFault } from '../identity/pin.ts'
import { isInSlot } from '../identity/slot-fault.ts'
import type { CompiledAllow } from './compiled-rule.ts'
import type { Refused } from './decisions.ts'
import type { HttpRequest } from './request.ts'

const longestName = 64

/** Where something was found. Never what: names alone are told, and of a shape that was looked for. */
function placeOf({ where, name }: FoundCarrier): string {
  const told = JSON.stringify(name.length > longestName ? `${name.slice(0, longestName)}…` : name)
  switch (where) {
    case 'header':
      return `the header ${told}`
    case 'cookie':
      return 'the header "cookie"'
    case 'query':
      return name.length > longestName ? 'the query' : `the query key ${told}`
    case 'path':
      return `segment ${name} of the path`
    case 'protocol':
      return 'the header "sec-websocket-protocol"'
    case 'shape':
      return `the header ${told}, which holds what looks like a key`
    case 'body':
      return `the body, at ${told}`
  }
}

function slotName(slot: Slot): string {
  switch (slot.kind) {
    case 'header':
      return slot.scheme === null
        ? `the header ${slot.name}`
        : `the header ${slot.name} (${slot.scheme})`
    case 'basic':
      return 'the header authorization (Basic, as the password)'
    case 'query':
      return `the query key ${slot.name}`
    case 'cookie':
      return `the cookie ${slot.name}`
    case 'sigv4':
      return 'the header authorization (AWS4-HMAC-SHA256, not presigned)'
    case 'path':
      return `segment ${slot.segment} of the path`
    case 'json':
      return `the JSON body at ${slot.pointer}`
    case 'mtls':
      return 'the TLS handshake'
  }
}

/** What AWS's own libraries do with bodies whose length they do not know. */
function isPiecewise({ slot }: Pick<Identity, 'slot'>, { where, name }: FoundCarrier): boolean {
  return slot.kind === 'sigv4' && where === 'header' && name === 'x-amz-content-sha256'
}

function remedyFor({ id, slot }: Identity, found: FoundCarrier): string {
  const name = JSON.stringify(id)
  if (slot.kind === 'path')
    return `leave segment ${slot.segment} of the path to the sandbox's own dummy; the proxy puts the credential ${name} there`
  if (slot.kind === 'mtls') return `send no key: the proxy shows the credential ${name} by itself`
  if (isPiecewise({ slot }, found))
    return `send the body whole, without chunked signing and without a checksum behind it, for instance by AWS_REQUEST_CHECKSUM_CALCULATION=when_required; the proxy signs it with the credential ${name}`
  return `leave it out of ${placeOf(found)}: the proxy adds the credential ${name} by itself; where a program needs a key, send the sandbox's own dummy in ${slotName(slot)}, once`
}

function foreignReason(pin: Pin, found: FoundCarrier, host: string): string {
  if (pin.kind === 'credential' && isPiecewise(pin.identity, found))
    return `the body is signed piece by piece, or has a checksum behind it, and cannot be signed anew for ${host}`
  return `${placeOf(found)} says in whose name the request comes, and ${host} may not be used in that name`
}

/** What is told of all that is wrong: a dummy before anything else, as it says that somebody went astray. */
function mostAlarming(
  pin: Pin,
  request: HttpRequest,
  dummies: readonly string[],
): FoundCarrier | null {
  const own = pin.kind === 'credential' ? pin.identity : null
  const isHome = (one: FoundCarrier): boolean =>
    own !== null && (isInSlot(own.slot, one) || isOwnDummyField(one, own.dummy))
  const all = [...request.carriers, ...(request.body?.carriers ?? [])]
  const astray = all.find((one) => !isHome(one) && holdsDummy(one.value, dummies))
  return astray ?? pinFault(pin, request)
}

/** The rule that tells most: one that has a credential for such requests, if any. */
function mostTelling(rules: readonly CompiledAllow[]): CompiledAllow | undefined {
  return rules.find(({ pin }) => pin.kind === 'credential') ?? rules[0]
}

/** Says in whose name a request may not come, and what to do instead; repeats no value of it. */
export function tellIdentity(
  rules: readonly CompiledAllow[],
  request: HttpRequest,
  identities: Identities,
): Refused {
  const all = [...identities.values()]
  const dummies = all.map(({ dummy }) => dummy)
  const rule = mostTelling(rules)
  const found = rule === undefined ? null : mostAlarming(rule.pin, request, dummies)
  if (rule === undefined || found === null)
    return {
      code: 'internal',
      reason: 'the request was refused for a reason that is not understood',
      remedy: 'report this to the owner of the sandbox',
    }
  const astray = all.find(({ dummy }) => holdsDummy(found.value, [dummy]))
  const isDummy = astray !== undefined
  const pinned = rule.pin.kind === 'credential' ? rule.pin.identity.id : undefined
  const owner = `ask the owner of the sandbox to give ${rule.clause} a credential`
  const remedy =
    rule.pin.kind === 'credential'
      ? remedyFor(rule.pin.identity, found)
      : rule.pin.kind === 'guest'
        ? `use it only where the policy names its credential; or ${owner}`
        : `send the request without it, or ${owner}`
  return {
    code: isDummy ? 'dummy_misused' : 'foreign_credential',
    reason: isDummy
      ? `a dummy of this sandbox stands in ${placeOf(found)} at ${request.host}, where it does not belong`
      : foreignReason(rule.pin, found, request.host),
    remedy,
    about: astray?.id ?? pinned,
  }
}
