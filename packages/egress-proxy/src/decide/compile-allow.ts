import type { AllowRule } from '@caisson/core'
import { compileBody } from '../body/compile-body.ts'
import {
  compilePin,
  compileProfile,
  compileTenant,
  freeNames,
  type KnownIdentities,
} from './compile-identity.ts'
import type { CompiledAllow } from './compiled-rule.ts'
import type { Handling } from './decision.ts'
import { type Expectation, expectationOf } from './expectation.ts'
import { invalid } from './invalid.ts'
import { pathTemplate, type PathTemplate, templateFault } from './path-template.ts'
import { refusedPort } from './ports.ts'
import { alwaysWantsBody } from './wants-body.ts'

/** What "reading" means: RFC 9110, 9.2.1, without TRACE, which makes a server repeat what it was sent. */
const reading: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])
const httpsPorts: ReadonlySet<number> = new Set([443])
const httpPorts: ReadonlySet<number> = new Set([80])

/** The templates of a clause. @throws SandboxError `POLICY_INVALID` */
export function compilePaths(
  clause: string,
  paths: readonly string[] | undefined,
): readonly PathTemplate[] | null {
  if (paths === undefined) return null
  return paths.map((path, index) => {
    const fault = templateFault(path)
    if (fault === undefined) return pathTemplate(path)
    throw invalid(
      `${clause}.paths[${index}]`,
      fault,
      'write the path in its shortest form, as in `/v1/files/*` or `/v1/**`',
    )
  })
}

function handlingOf(clause: string, rule: AllowRule): Handling {
  if (rule.protocol === 'tcp') return 'opaque'
  if (rule.protocol !== 'http-plain') return rule.tunnel === true ? 'tls' : 'intercept'
  if (rule.tunnel !== true) return 'http'
  throw invalid(
    `${clause}.tunnel`,
    'plain HTTP is read, so there is no tunnel for it',
    'leave `tunnel` out, or set `protocol` to "tcp"',
  )
}

function compilePorts(clause: string, rule: AllowRule): ReadonlySet<number> {
  if (rule.ports === undefined) return rule.protocol === 'http-plain' ? httpPorts : httpsPorts
  for (const [index, port] of rule.ports.entries()) {
    const remedy = refusedPort(port)
    if (remedy !== undefined)
      throw invalid(`${clause}.ports[${index}]`, `port ${port} is never carried`, remedy)
  }
  return new Set(rule.ports)
}

function compileMethods(clause: string, rule: AllowRule): ReadonlySet<string> {
  if (rule.methods === undefined) return reading
  for (const [index, method] of rule.methods.entries()) {
    if (method !== 'CONNECT' && method !== 'TRACE') continue
    throw invalid(
      `${clause}.methods[${index}]`,
      `${method} is never forwarded`,
      method === 'CONNECT' ? 'set `tunnel: true` for a host that must not be read' : 'leave it out',
    )
  }
  if (rule.websocket === true && !rule.methods.includes('GET')) {
    throw invalid(
      `${clause}.websocket`,
      'a WebSocket begins with GET, which `methods` leaves out',
      'add "GET" to `methods`, or leave `websocket` out',
    )
  }
  return new Set(rule.methods)
}

/** Some servers take a GraphQL operation from the query, before they look at the body. */
function compileQuery({ query, body }: AllowRule): Expectation | null {
  if (query !== undefined) return expectationOf(query)
  return body?.graphql === undefined ? null : expectationOf({})
}

function compileHeaders(clause: string, rule: AllowRule): Expectation | null {
  if (rule.headers === undefined) return null
  const given = expectationOf(rule.headers)
  const lower = new Map([...given].map(([name, values]) => [name.toLowerCase(), values]))
  if (lower.size === given.size) return lower
  throw invalid(`${clause}.headers`, 'a name stands there twice', 'write each name once')
}

const seenOnly = [
  'methods',
  'paths',
  'query',
  'headers',
  'body',
  'profile',
  'tenant',
  'websocket',
] as const

/** What stands in a rule whose traffic cannot be seen would be a promise that nobody keeps. */
function checkSeen(clause: string, rule: AllowRule): void {
  const unseen = seenOnly.find((key) => rule[key] !== undefined)
  if (unseen !== undefined) {
    throw invalid(
      `${clause}.${unseen}`,
      'nothing inside a tunnel can be seen',
      `leave \`${unseen}\` out, or leave the tunnel out`,
    )
  }
}

/**
 * Fills in the defaults of a rule of `allow` or `ask`.
 *
 * @throws SandboxError `POLICY_INVALID`
 */
export function compileAllow(
  clause: string,
  given: string | AllowRule,
  known: KnownIdentities,
): CompiledAllow {
  const rule: AllowRule = typeof given === 'string' ? { host: given } : given
  const handling = handlingOf(clause, rule)
  if (handling === 'tls' || handling === 'opaque') checkSeen(clause, rule)
  const at = { clause, rule, handling }
  const pin = compilePin(at, known)
  const tenant = compileTenant(at, pin)
  const profile = compileProfile(at)
  const body = rule.body === undefined ? null : compileBody(`${clause}.body`, rule.body)
  return {
    clause,
    host: rule.host,
    ports: compilePorts(clause, rule),
    handling,
    methods: compileMethods(clause, rule),
    templates: compilePaths(clause, rule.paths),
    query: compileQuery(rule),
    headers: compileHeaders(clause, rule),
    websocket: rule.websocket === true,
    pin,
    profile,
    profiledHeaders: profile !== null && rule.headers === undefined && pin.kind !== 'guest',
    tenant,
    body,
    alwaysBody: alwaysWantsBody({ body, pin }),
    free: freeNames(pin, tenant),
  }
}
