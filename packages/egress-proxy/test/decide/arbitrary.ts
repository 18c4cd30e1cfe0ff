import type { AllowRule, DenyRule, NetworkPolicy } from '@caisson/core'
import * as fc from 'fast-check'
import type { HttpRequest, JudgedBody, Request } from '../../dist/decide/request.js'
import { findCarriers } from '../../dist/identity/find-carriers.js'
import type { Identities, Identity } from '../../dist/identity/identities.js'

/** Few words, so that rules and requests meet often. */
const hosts = ['a.test', 'b.a.test', 'c.b.a.test', 'x.test', 'ba.test', 'a_b.x.test'] as const
const patterns = [...hosts, '*.a.test', '*.b.a.test', '*.x.test', '*.c.b.a.test'] as const
const ports = [80, 443, 8443] as const
const methods = ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS'] as const
const templates = [
  '/',
  '/**',
  '/v1',
  '/v1/',
  '/v1/*',
  '/v1/**',
  '/*/files',
  '/*/*',
  '/v1/@me',
  '/v1/%40me',
  '/v1/*/x/**',
  '/*%2F*',
  '/v1%2F*',
  '/v1/*%2Fb/**',
] as const
const paths = [
  '/',
  '/v1',
  '/v1/',
  '/v1/files',
  '/v2/files',
  '/v1/@me',
  '/v1/%40me',
  '/v1/a/x',
  '/v1/a/x/y/z',
  '/v1//x',
  '/V1/files',
  '*',
  '/v1%2Ffiles',
  '/v1/a%2Fb',
  '/v1/a%2Fb/c',
  '/v1/a%2Fb%2Fc',
] as const
const names = ['k', 'l', 'accept', 'constructor'] as const
const texts = ['1', '2', '*'] as const

const dummy = 'sk-dummy-0123456789'

const known: readonly Identity[] = [
  { id: 'key', slot: { kind: 'header', name: 'x-api-key', scheme: null }, dummy },
  { id: 'cert', slot: { kind: 'mtls' }, dummy: 'cert-dummy-0123456789' },
]

/** What rules of these policies may name. */
export const identities: Identities = new Map(known.map((one) => [one.id, one]))

const some = <T>(values: readonly T[]): fc.Arbitrary<T[]> =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 })
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined, freq: 2 })

const expected = fc.dictionary(
  fc.constantFrom(...names),
  fc.oneof(fc.constantFrom(...texts), some(texts)),
  { maxKeys: 2 },
)

const readRule: fc.Arbitrary<AllowRule> = fc.record({
  host: fc.constantFrom(...patterns),
  ports: maybe(some(ports)),
  protocol: fc.constantFrom('https', 'http-plain', undefined),
  methods: maybe(some(methods).map((list) => [...list, 'GET'])),
  paths: maybe(some(templates)),
  query: maybe(expected),
  headers: maybe(expected),
  websocket: maybe(fc.boolean()),
  identity: fc.constantFrom(undefined, undefined, 'anonymous', 'guest', 'key', 'cert'),
  body: maybe(fc.constantFrom({ json: { keys: ['a'] } }, { json: {} })),
  tenant: maybe(fc.constant({ 'x-tenant': 'acme' })),
})

const tunnelRule: fc.Arbitrary<AllowRule> = fc.oneof(
  fc.record({
    host: fc.constantFrom(...patterns),
    ports: maybe(some(ports)),
    tunnel: fc.constant(true),
  }),
  fc.record({
    host: fc.constantFrom(...patterns),
    ports: maybe(some(ports)),
    protocol: fc.constant('tcp' as const),
  }),
)

/** A rule of `allow` or `ask`. */
export const allowRule: fc.Arbitrary<string | AllowRule> = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...patterns) },
  { weight: 6, arbitrary: readRule },
  { weight: 1, arbitrary: tunnelRule },
)

export const denyRule: fc.Arbitrary<string | DenyRule> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(...patterns) },
  {
    weight: 4,
    arbitrary: fc.record({
      host: fc.constantFrom(...patterns),
      ports: maybe(some(ports)),
      methods: maybe(some(methods)),
      paths: maybe(some(templates)),
    }),
  },
)

/** A policy that may contradict itself. */
export const network: fc.Arbitrary<NetworkPolicy> = fc.record({
  allow: fc.array(allowRule, { maxLength: 6 }),
  ask: fc.array(allowRule, { maxLength: 3 }),
  deny: fc.array(denyRule, { maxLength: 2 }),
})

const host = fc.constantFrom(...hosts, 'evil.test', 'test')
const pairs = fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...texts)), {
  maxLength: 2,
})

const header = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom(...names), fc.constantFrom(...texts)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ['x-api-key', dummy] as const,
      ['x-api-key', 'stranger'] as const,
      ['authorization', `Bearer ${dummy}`] as const,
      ['content-type', 'application/json'] as const,
    ),
  },
)

const json = (key: string): JudgedBody => ({
  view: { kind: 'json', value: new Map([[key, '1']]) },
  length: 9,
  carriers: [],
})

const body: fc.Arbitrary<JudgedBody | null> = fc.constantFrom<JudgedBody | null>(
  null,
  null,
  { view: { kind: 'empty' }, length: 0, carriers: [] },
  json('a'),
  json('b'),
  { view: { kind: 'other' }, length: 3, carriers: [] },
  { view: { kind: 'unreadable', fault: 'is broken', tooLarge: false }, length: 3, carriers: [] },
  { ...json('token'), carriers: [{ where: 'body', name: '/token', value: '1' }] },
)

const httpRequest: fc.Arbitrary<HttpRequest> = fc
  .record({
    kind: fc.constant('http' as const),
    door: fc.constant('connect' as const),
    host,
    port: fc.constantFrom(...ports, 22),
    scheme: fc.constantFrom('https', 'https', 'http'),
    method: fc.constantFrom(...methods, 'get'),
    path: fc.constantFrom(...paths),
    query: pairs,
    headers: fc.array(header, { maxLength: 2 }),
    websocket: fc.constantFrom(false, false, true),
    body,
  })
  .map((request) => ({ ...request, carriers: findCarriers(request) }))

export const anyRequest: fc.Arbitrary<Request> = fc.oneof(
  { weight: 5, arbitrary: httpRequest },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('connection' as const),
      door: fc.constant('connect' as const),
      host,
      port: fc.constantFrom(...ports, 22),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('name' as const),
      door: fc.constant('resolver' as const),
      host,
    }),
  },
)
