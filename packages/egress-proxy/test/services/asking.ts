import type { AllowRule, Credential } from '@caisson/core'
import { parsePolicy } from '@caisson/core'
import { expect } from 'chai'
import { readBody } from '../../dist/body/read-body.js'
import { createCarrier } from '../../dist/carriers/create-carrier.js'
import { decide } from '../../dist/decide/decide.js'
import type { Decision } from '../../dist/decide/decision.js'
import { type CompiledPolicy, compilePolicy, spellsSlashes } from '../../dist/decide/policy.js'
import type { HttpRequest, JudgedBody } from '../../dist/decide/request.js'
import { findBodyCarriers, findCarriers } from '../../dist/identity/find-carriers.js'
import type { Identities } from '../../dist/identity/identities.js'
import { canonicalTarget } from '../../dist/names/canonical-target.js'

/** A request as a client writes it. */
export interface Asked {
  /** `POST https://api.anthropic.com/v1/messages?beta=true` */
  readonly line: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as it is, with the type in `headers`. */
  readonly bytes?: string | undefined
}

/** Rules, and the credentials that they speak of. */
export interface Guarded {
  readonly allow: readonly AllowRule[]
  readonly credentials?: Readonly<Record<string, Credential>> | undefined
}

/** What a client holds of a credential. */
export const dummyOf = (id: string): string => `dummy-of-${id}-0123456789abcdef`

function identitiesOf(credentials: Readonly<Record<string, Credential>>): Identities {
  return new Map(
    Object.entries(credentials).map(([id, { carrier }]) => [
      id,
      { id, slot: createCarrier(carrier).slot, dummy: dummyOf(id) },
    ]),
  )
}

function bodyOf(asked: Asked, headers: readonly (readonly [string, string])[]): JudgedBody {
  const text = asked.json === undefined ? (asked.bytes ?? '') : JSON.stringify(asked.json)
  const given = {
    contentType: headers.find(([name]) => name === 'content-type')?.[1] ?? null,
    contentEncoding: null,
    bytes: Buffer.from(text),
  }
  const { view } = readBody(given, { judgedBodyBytes: 33_554_432 })
  return { view, length: given.bytes.length, carriers: findBodyCarriers(view) }
}

function requestOf(asked: Asked, policy: CompiledPolicy): HttpRequest | null {
  const [method = '', address = ''] = asked.line.split(' ')
  const { protocol, hostname, port } = new URL(address)
  const raw = address.slice(address.indexOf('/', address.indexOf('//') + 2))
  const target = canonicalTarget(raw, {
    strict: true,
    escapedSlash: spellsSlashes(policy, hostname),
  })
  if ('fault' in target) return null
  const type = asked.json === undefined ? {} : { 'content-type': 'application/json' }
  const headers = Object.entries({ ...type, ...asked.headers })
  const { path, query } = target
  const https = protocol === 'https:'
  const hasBody = asked.json !== undefined || asked.bytes !== undefined
  return {
    kind: 'http',
    door: 'connect',
    host: hostname,
    port: port === '' ? (https ? 443 : 80) : Number(port),
    scheme: https ? 'https' : 'http',
    method,
    path,
    query,
    headers,
    websocket: false,
    carriers: findCarriers({ path, query, headers }),
    body: hasBody ? bodyOf(asked, headers) : null,
  }
}

/** What is decided; `null` for an address that has no canonical form. */
export function decisionOn({ allow, credentials = {} }: Guarded, asked: Asked): Decision | null {
  const { network = {} } = parsePolicy({ network: { allow }, credentials })
  const policy = compilePolicy(network, 1, identitiesOf(credentials))
  const request = requestOf(asked, policy)
  return request === null ? null : decide(policy, request)
}

/** `allow`, or the code of the refusal. */
function answerTo(guarded: Guarded, asked: Asked): string {
  const decision = decisionOn(guarded, asked)
  if (decision === null) return 'bad_path'
  return decision.verdict === 'allow' ? 'allow' : String(decision.code)
}

/** Refusals of what no rule is about. */
const notNamed: readonly string[] = [
  'host_not_allowed',
  'method_not_allowed',
  'path_not_allowed',
  'query_not_allowed',
  // Said in place of them where the service is known to make credentials there.
  'minting_refused',
]

export type AskedCase = readonly [why: string, asked: Asked | string]

/** One test for each request, all with the same answer; `refused`: no rule is about it. */
export function each(guarded: () => Guarded, wanted: string, cases: readonly AskedCase[]): void {
  for (const [why, asked] of cases) {
    it(`${wanted}: ${why}`, () => {
      const given = typeof asked === 'string' ? { line: asked } : asked
      const answer = answerTo(guarded(), given)
      if (wanted === 'refused') expect(notNamed).to.include(answer)
      else expect(answer).to.equal(wanted)
    })
  }
}
