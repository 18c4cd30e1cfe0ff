import type { AllowRule, SandboxError } from '@caisson/core'
import type { Slot } from '../carriers/carrier.ts'
import type { Field } from '../http-message.ts'
import { isCarrierName } from '../identity/find-carriers.ts'
import type { Identities, Identity } from '../identity/identities.ts'
import { anonymousPin, type Pin } from '../identity/pin.ts'
import type { ServiceProfile } from '../identity/profile.ts'
import { profileFor, profileNamed, profileNames } from '../identity/profiles.ts'
import type { Handling } from './decision.ts'
import { invalid } from './invalid.ts'
import { plainHeaders } from './plain-headers.ts'

/** What a rule is compiled with beside itself. */
export interface KnownIdentities {
  readonly identities: Identities
  /** Every dummy of the sandbox. */
  readonly dummies: readonly string[]
}

/** A rule, and how what it allows is carried. */
export interface RuleAt {
  readonly clause: string
  readonly rule: AllowRule
  readonly handling: Handling
}

/** Whose name a rule lets stand on a request. @throws SandboxError `POLICY_INVALID` */
export function compilePin({ clause, rule, handling }: RuleAt, known: KnownIdentities): Pin {
  const { identity: id = 'anonymous' } = rule
  if (id === 'anonymous') return anonymousPin
  if (id === 'guest') return { kind: 'guest', dummies: known.dummies }
  const identity = known.identities.get(id)
  const place = `${clause}.identity`
  if (identity === undefined) throw unknownCredential(place, id, known.identities)
  if (handling !== 'intercept') throw unseen(place, handling)
  if (rule.host.startsWith('*.')) checkWildcard(place, identity.slot)
  checkSlot(place, identity)
  return { kind: 'credential', identity }
}

function unknownCredential(place: string, id: string, identities: Identities): SandboxError {
  const names = [...identities.keys()].toSorted()
  const known = names.length === 0 ? 'there is none' : `known: ${names.join(', ')}`
  return invalid(
    place,
    `${JSON.stringify(id)} is no credential of the policy; ${known}`,
    'name one of `credentials`, or "anonymous", or "guest" where programs inside bring their own',
  )
}

function unseen(place: string, handling: Handling): SandboxError {
  if (handling === 'http')
    return invalid(
      place,
      'a credential is never sent over plain HTTP, where anybody on the way reads it',
      'leave `protocol: "http-plain"` out, or set `identity` to "anonymous"',
    )
  return invalid(
    place,
    'nothing can be put into a tunnel',
    'leave the tunnel out, so that the proxy reads the requests, or leave `identity` out',
  )
}

/**
 * A secret that is sent goes to whoever answers to a name, and below a wildcard that is often a stranger who
 * rents it. A signature gives nothing away, and holds for its service, region and request alone.
 */
function checkWildcard(place: string, slot: Slot): void {
  if (slot.kind === 'sigv4') return
  throw invalid(
    place,
    'the secret would go to every name below a wildcard',
    'write a rule for each host that the credential is for; only what is signed (`sigv4`) may have a wildcard',
  )
}

function checkSlot(place: string, { id, slot }: Identity): void {
  if (slot.kind !== 'header' || !isTransport(slot.name)) return
  throw invalid(
    place,
    `the credential ${JSON.stringify(id)} stands in \`${slot.name}\`, which is about the connection`,
    'use the header in which the service takes it',
  )
}

/** Fields that the proxy writes itself, or that end at it. */
const transport: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'forwarded',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

function isTransport(name: string): boolean {
  return transport.has(name) || name.startsWith(':')
}

/** The headers that the proxy sets. @throws SandboxError `POLICY_INVALID` */
export function compileTenant({ clause, rule }: RuleAt, pin: Pin): readonly Field[] {
  const fields: Field[] = []
  for (const [written, value] of Object.entries(rule.tenant ?? {})) {
    const name = written.toLowerCase()
    const fault = tenantFault(name, value, pin)
    const place = `${clause}.tenant[${JSON.stringify(written)}]`
    if (fault !== null)
      throw invalid(place, fault, 'name the header by which the service is told whom it may serve')
    if (fields.some(([known]) => known === name))
      throw invalid(place, 'stands there twice', 'write each name once')
    fields.push([name, value])
  }
  return Object.freeze(fields)
}

function tenantFault(name: string, value: string, pin: Pin): string | null {
  if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) return 'is not the name of a header'
  if (isTransport(name)) return 'is about the connection, which the proxy keeps itself'
  if (plainHeaders.has(name) || name.startsWith('sec-websocket-'))
    return 'says how a message is sent or read, and nothing of tenants'
  if (isCarrierName(name) || isSlot(pin, name))
    return 'carries a credential; secrets belong in `credentials`, which keeps them outside'
  if (!/^[!-~](?:[ -~]*[!-~])?$/.test(value))
    return 'has a value that is empty, or holds what is not printable ASCII'
  return null
}

function isSlot(pin: Pin, name: string): boolean {
  if (pin.kind !== 'credential') return false
  const { slot } = pin.identity
  if (slot.kind === 'sigv4') return name.startsWith('x-amz-')
  return slot.kind === 'header' && slot.name === name
}

/** The service whose ways a rule is held to. @throws SandboxError `POLICY_INVALID` */
export function compileProfile({ clause, rule, handling }: RuleAt): ServiceProfile | null {
  if (rule.profile === undefined)
    return handling === 'intercept' || handling === 'http' ? profileFor(rule.host) : null
  const profile = profileNamed(rule.profile)
  if (profile !== null) return profile
  throw invalid(
    `${clause}.profile`,
    `${JSON.stringify(rule.profile)} is no profile; known: ${profileNames.join(', ')}`,
    'name one of them, or leave `profile` out',
  )
}

/** What may stand in a request beside what a rule names: it is taken away, or set anew, before it is sent. */
export interface FreeNames {
  readonly headers: ReadonlySet<string>
  readonly query: ReadonlySet<string> | undefined
}

const signedFields = ['authorization', 'x-amz-date', 'x-amz-content-sha256', 'x-amz-security-token']
const plainOnly: FreeNames = Object.freeze({ headers: plainHeaders, query: undefined })

export function freeNames(pin: Pin, tenant: readonly Field[]): FreeNames {
  const slot = pin.kind === 'credential' ? pin.identity.slot : null
  const names = [...slotFields(slot), ...tenant.map(([name]) => name)]
  const query = slot?.kind === 'query' ? new Set([slot.name]) : undefined
  if (names.length === 0 && query === undefined) return plainOnly
  return { headers: new Set([...plainHeaders, ...names]), query }
}

function slotFields(slot: Slot | null): readonly string[] {
  if (slot === null) return []
  switch (slot.kind) {
    case 'header':
      return [slot.name]
    case 'basic':
      return ['authorization']
    case 'cookie':
      return ['cookie']
    case 'sigv4':
      return signedFields
    case 'query':
    case 'path':
    case 'json':
    case 'mtls':
      return []
  }
}
