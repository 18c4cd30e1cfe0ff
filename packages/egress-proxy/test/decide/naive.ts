import type { AllowRule, DenyRule, NetworkPolicy } from '@caisson/core'
import type { Handling } from '../../dist/decide/decision.js'
import type { HttpRequest, Request } from '../../dist/decide/request.js'
import { identities } from './arbitrary.ts'

/** The answer of an evaluator that reads the policy anew, list by list, for every request. */
export interface NaiveAnswer {
  readonly verdict: 'allow' | 'deny' | 'ask'
  /** The rule that allows or is to be asked for, or that refuses a request. */
  readonly rule: string | null
  readonly handling: readonly Handling[]
}

interface Named<R> {
  readonly name: string
  readonly rule: R
}

const plain = new Set(
  `accept accept-charset accept-encoding accept-language cache-control connection content-encoding
  content-language content-length content-type date expect host if-match if-modified-since if-none-match
  if-range if-unmodified-since keep-alive pragma range sec-websocket-extensions sec-websocket-key
  sec-websocket-version te trailer transfer-encoding upgrade user-agent via`.split(/\s+/),
)

function named<R extends { host: string }>(
  list: string,
  rules: readonly (string | R)[] | undefined,
): readonly Named<R>[] {
  return (rules ?? []).map((rule, index) => ({
    name: `network.${list}[${index}]`,
    rule: (typeof rule === 'string' ? { host: rule } : rule) as R,
  }))
}

function hostFits(pattern: string, host: string): boolean {
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : pattern === host
}

function portsOf(rule: AllowRule): readonly number[] {
  return rule.ports ?? [rule.protocol === 'http-plain' ? 80 : 443]
}

function handlingOf(rule: AllowRule): Handling {
  if (rule.protocol === 'tcp') return 'opaque'
  if (rule.protocol === 'http-plain') return 'http'
  return rule.tunnel === true ? 'tls' : 'intercept'
}

function escape(text: string): string {
  return text.replaceAll(/[-/\\^$*+?.()|[\]{}]/g, '\\$&')
}

/** A template as a regular expression over the whole path. */
function pathFits(template: string, path: string): boolean {
  const open = template.endsWith('/**')
  const body = open ? template.slice(0, -3) : template
  const piece = '(?:(?!%2F)[^/])'
  const source = body
    .split(/(\/|%2F)/)
    .map((one) => (one === '*' ? `${piece}+` : escape(one)))
    .join('')
  return new RegExp(`^${source}${open ? `(?:/(?:${piece}|/)*)?` : ''}$`).test(path)
}

function pairsFit(
  clause: Readonly<Record<string, string | readonly string[]>> | undefined,
  pairs: readonly (readonly [string, string])[],
  free: ReadonlySet<string>,
): boolean {
  if (clause === undefined) return true
  return pairs.every(([name, value]) => {
    const values = Object.hasOwn(clause, name) ? clause[name] : undefined
    if (values === undefined) return free.has(name)
    if (values === '*') return pairs.filter(([other]) => other === name).length === 1
    return typeof values === 'string' ? values === value : values.includes(value)
  })
}

function freeOf({ identity, tenant = {} }: AllowRule): ReadonlySet<string> {
  const slot = identity === 'key' ? ['x-api-key'] : []
  return new Set([...plain, ...slot, ...Object.keys(tenant)])
}

function placeFits(rule: AllowRule, { host, port, scheme }: HttpRequest): boolean {
  return (
    hostFits(rule.host, host) &&
    portsOf(rule).includes(port) &&
    handlingOf(rule) === (scheme === 'https' ? 'intercept' : 'http')
  )
}

function allowFits(rule: AllowRule, request: HttpRequest): boolean {
  return (
    placeFits(rule, request) &&
    (rule.methods ?? ['GET', 'HEAD', 'OPTIONS']).includes(request.method) &&
    (rule.paths === undefined || rule.paths.some((path) => pathFits(path, request.path))) &&
    pairsFit(rule.query, request.query, new Set()) &&
    identityFits(rule, request) &&
    bodyFits(rule, request) &&
    pairsFit(rule.headers, request.headers, freeOf(rule)) &&
    (!request.websocket || rule.websocket === true)
  )
}

/** Whether a request comes in no other name than the rule gives it: `key` stands in a header, `cert` nowhere. */
function identityFits({ identity = 'anonymous' }: AllowRule, request: HttpRequest): boolean {
  const found = [...request.carriers, ...(request.body?.carriers ?? [])]
  const dummies = [...identities.values()].map(({ dummy }) => dummy)
  if (identity === 'guest')
    return !found.some(({ value }) => dummies.some((dummy) => value.includes(dummy)))
  if (identity !== 'key') return found.length === 0
  const sent = request.headers.filter(([name]) => name === 'x-api-key')
  return (
    sent.length < 2 &&
    found.every(({ where, name }) => where === 'header' && name === 'x-api-key') &&
    sent.every(([, value]) => value === identities.get('key')?.dummy)
  )
}

/** The bodies of these tests are objects of one key, and rules take any, or those with the key `a`. */
function bodyFits(rule: AllowRule, { body, headers }: HttpRequest): boolean {
  if (body === null || body.view.kind === 'empty') return true
  const isLookedAt = rule.identity !== 'guest' && headers.some(([name]) => name === 'content-type')
  if (body.view.kind === 'unreadable') return rule.body === undefined && !isLookedAt
  if (rule.body === undefined) return true
  if (body.view.kind !== 'json' || !headers.some(([name]) => name === 'content-type')) return false
  const keys = rule.body.json?.keys
  return keys === undefined || (body.view.value instanceof Map && body.view.value.has('a'))
}

/** Both spellings of what may be escaped or not. */
function bothSpellings(path: string): string {
  return path
    .replaceAll('%2F', '/')
    .replaceAll(/[!$&'()+,;=:@]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
}

function denyFits(rule: DenyRule, request: HttpRequest): boolean {
  return (
    hostFits(rule.host, request.host) &&
    (rule.ports === undefined || rule.ports.includes(request.port)) &&
    (rule.methods === undefined || rule.methods.includes(request.method)) &&
    (rule.paths === undefined ||
      rule.paths.some((path) => pathFits(bothSpellings(path), bothSpellings(request.path))))
  )
}

function shuts(rule: DenyRule, host: string, port: number): boolean {
  return (
    rule.methods === undefined &&
    rule.paths === undefined &&
    hostFits(rule.host, host) &&
    (rule.ports === undefined || rule.ports.includes(port))
  )
}

const nobody: NaiveAnswer = { verdict: 'deny', rule: null, handling: [] }

function http(network: NetworkPolicy, request: HttpRequest): NaiveAnswer {
  const deny = named<DenyRule>('deny', network.deny).find(({ rule }) => denyFits(rule, request))
  if (deny !== undefined) return { ...nobody, rule: deny.name }
  for (const verdict of ['allow', 'ask'] as const) {
    const found = named<AllowRule>(verdict, network[verdict]).find(({ rule }) =>
      allowFits(rule, request),
    )
    if (found !== undefined)
      return { verdict, rule: found.name, handling: [handlingOf(found.rule)] }
  }
  return nobody
}

const order: readonly Handling[] = ['intercept', 'http', 'tls', 'opaque']

function connection(network: NetworkPolicy, host: string, port: number): NaiveAnswer {
  const deny = named<DenyRule>('deny', network.deny).find(({ rule }) => shuts(rule, host, port))
  if (deny !== undefined) return { ...nobody, rule: deny.name }
  for (const verdict of ['allow', 'ask'] as const) {
    const found = named<AllowRule>(verdict, network[verdict]).filter(
      ({ rule }) => hostFits(rule.host, host) && portsOf(rule).includes(port),
    )
    const [first] = found
    if (first === undefined) continue
    const handlings = new Set(found.map(({ rule }) => handlingOf(rule)))
    return { verdict, rule: first.name, handling: order.filter((one) => handlings.has(one)) }
  }
  return nobody
}

function name(network: NetworkPolicy, host: string): NaiveAnswer {
  const deny = named<DenyRule>('deny', network.deny)
  if (deny.some(({ rule }) => rule.ports === undefined && shuts(rule, host, 443))) return nobody
  for (const verdict of ['allow', 'ask'] as const) {
    const found = named<AllowRule>(verdict, network[verdict]).find(
      ({ rule }) =>
        hostFits(rule.host, host) &&
        portsOf(rule).some((port) => !deny.some((one) => shuts(one.rule, host, port))),
    )
    if (found !== undefined) return { verdict, rule: found.name, handling: [] }
  }
  return nobody
}

/**
 * Judges by the words of the policy's doc comments, with nothing compiled. Of a refused name it does not
 * tell the rule.
 */
export function naive(network: NetworkPolicy, request: Request): NaiveAnswer {
  if (request.kind === 'name') return name(network, request.host)
  if (request.kind === 'connection') return connection(network, request.host, request.port)
  return http(network, request)
}
