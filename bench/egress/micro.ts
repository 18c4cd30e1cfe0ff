// What the parts cost by themselves, in one process. Prints one line of JSON: microseconds, and for each
// figure the number of rounds that it is the median of.
import { auditPolicy } from '@caisson/egress-proxy'
import type { CredentialCarrier } from '@caisson/core'
import type * as Strict from '../../packages/egress-proxy/dist/body/strict-json.js'
import type * as Carriers from '../../packages/egress-proxy/dist/carriers/create-carrier.js'
import type * as Keeping from '../../packages/egress-proxy/dist/credentials/keep-credentials.js'
import type * as Watching from '../../packages/egress-proxy/dist/dlp/outgoing-watch.js'
import type { Body, Field, OutgoingHead } from '../../packages/egress-proxy/dist/http-message.js'
import type * as Finding from '../../packages/egress-proxy/dist/identity/find-carriers.js'
import type * as Redacting from '../../packages/egress-proxy/dist/redact/redactor.js'
import type { Pattern } from '../../packages/egress-proxy/dist/scan/pattern.js'
import { median } from '../measure.ts'
import { inner } from './inner.ts'
import { jsonOf } from './json-text.ts'
import { benchPolicy } from './policy.ts'

const { parseJson, writeJson } = await inner<typeof Strict>('body/strict-json.js')
const { createCarrier } = await inner<typeof Carriers>('carriers/create-carrier.js')
const { keepCredentials } = await inner<typeof Keeping>('credentials/keep-credentials.js')
const { OutgoingWatch } = await inner<typeof Watching>('dlp/outgoing-watch.js')
const { findCarriers } = await inner<typeof Finding>('identity/find-carriers.js')
const { Redactor } = await inner<typeof Redacting>('redact/redactor.js')

const rounds = Number(process.argv[2] ?? 9)

/** Microseconds of one call; medians of rounds, in which all take turns. */
type Acts = Readonly<Record<string, { readonly times: number; readonly act: () => unknown }>>

function cost(acts: Acts): Record<string, number> {
  const found: Record<string, number[]> = {}
  for (let round = -2; round < rounds; round += 1) {
    for (const [name, { times, act }] of Object.entries(acts)) {
      const from = performance.now()
      for (let count = 0; count < times; count += 1) act()
      if (round >= 0) (found[name] ??= []).push(((performance.now() - from) * 1000) / times)
    }
  }
  return Object.fromEntries(Object.entries(found).map(([name, values]) => [name, median(values)]))
}

const headers: readonly Field[] = [
  ['user-agent', 'bench/1'],
  ['accept', '*/*'],
  ['accept-encoding', 'gzip'],
  ['content-type', 'application/json'],
  ['x-request-id', '0123456789abcdef'],
]
const path = '/v1/projects/p5/items/17'
const query: readonly (readonly [string, string])[] = [
  ['page', '2'],
  ['sort', 'asc'],
]
const head: OutgoingHead = {
  method: 'POST',
  scheme: 'https',
  authority: 'api.good.test',
  target: `${path}?page=2&sort=asc`,
  headers,
  upgrade: null,
}

const secretText = 'made-up-QmVuY2hTZWNyZXRPZk5vYm9keVdhcw'
const keysText = JSON.stringify({
  Version: 1,
  AccessKeyId: 'MADEUPBYTHEBENCHONLY',
  SecretAccessKey: 'made-up-by-the-bench-of-nobody-at-all-00',
})

const carriers: Readonly<Record<string, CredentialCarrier>> = {
  header: { header: 'authorization', scheme: 'Bearer' },
  basic: { basic: 'user' },
  query: { query: 'key' },
  cookie: { cookie: 'session' },
  path: { path: { segment: 2, prefix: '' } },
  json: { json: '/key' },
  sigv4: { sigv4: { service: 'bedrock', region: 'eu-central-1' } },
}

async function puts(): Promise<Acts> {
  const acts: Record<string, { times: number; act: () => unknown }> = {}
  const body = Buffer.from(`{"key":"","rest":${jsonOf(1024).toString()}}`)
  for (const [kind, carrier] of Object.entries(carriers)) {
    const source = { static: kind === 'sigv4' ? keysText : secretText }
    const keeper = keepCredentials(
      { one: { source, carrier } },
      {
        tools: {
          read: () => Promise.resolve({ bytes: Buffer.from(source.static), expiresAt: null }),
          fetch: () => Promise.reject(new Error('nobody is asked')),
          now: Date.now,
        },
        now: Date.now,
        limits: { credentialMs: 10_000 },
        onFailure: (_id, message) => console.error(message),
      },
    )
    await keeper.get('one', AbortSignal.timeout(10_000))
    const put = createCarrier(carrier)
    const act = (): unknown => {
      const secret = keeper.at('one')
      if (secret === null) throw new Error('the secret is gone')
      return put.put({ head, body }, secret.bytes, Date.now())
    }
    acts[`a credential put in, ${kind}`] = { times: 2000, act }
  }
  return acts
}

function patterns(count: number): Pattern[] {
  return Array.from({ length: count }, (_, number) => ({
    about: `c${number}`,
    kind: 'secret' as const,
    bytes: Buffer.from(`${String(number).repeat(3)}${secretText}${number}`.slice(0, 40)),
  }))
}

/** Prose, as answers are, in which nothing is found. */
const chunk = jsonOf(65_536)
const floorOf = (text: string): string => JSON.stringify(JSON.parse(text))

/** A body that does not wait to be told. */
function atOnce(bytes: Buffer): Body {
  const nothing = (): void => undefined
  return {
    length: bytes.length,
    start: (sink) => {
      sink.data(bytes)
      sink.end([])
    },
    pause: nothing,
    resume: nothing,
    cancel: nothing,
  }
}

function scans(): Acts {
  const watch = new OutgoingWatch(patterns(1))
  const redactor = new Redactor(patterns(1))
  const nobody = (): void => undefined
  const reflections = { onReflected: nobody }
  const request = { host: 'api.good.test', path, query, headers }
  const answer = { status: 200, headers }
  return {
    'what says in whose name a request comes, looked for in a head': {
      times: 5000,
      act: () => findCarriers(request),
    },
    'secrets looked for in a head that leaves': { times: 5000, act: () => watch.head(request) },
    'secrets looked for in 64 KiB that leave': {
      times: 20,
      act: () => watch.whole('api.good.test', chunk),
    },
    'secrets overwritten in a head that comes back': {
      times: 5000,
      act: () => redactor.answer({ head: answer, body: null }, reflections),
    },
    'secrets overwritten in 64 KiB that come back': {
      times: 20,
      act: () => {
        const { body } = redactor.answer({ head: answer, body: atOnce(chunk) }, reflections)
        body?.start({ data: nobody, end: nobody, fail: nobody })
      },
    },
  }
}

function bodies(): Acts {
  const json = jsonOf(1_048_576)
  const text = json.toString()
  const strict = (): unknown => {
    const read = parseJson(json)
    if ('fault' in read) throw new Error('that is no JSON')
    return writeJson(read.value)
  }
  return {
    'strict JSON of 1 MiB, read and written anew': { times: 1, act: strict },
    'JSON.parse and JSON.stringify of 1 MiB': { times: 1, act: () => Buffer.from(floorOf(text)) },
  }
}

function plans(): Acts {
  const policy = benchPolicy({ secure: 8443, raw: 8444 }, 100, 'full')
  return {
    'all that is looked for of 10 credentials, made anew': {
      times: 5,
      act: () => [new OutgoingWatch(patterns(10)), new Redactor(patterns(10))],
    },
    'auditPolicy of 100 rules': { times: 3, act: () => auditPolicy(policy) },
  }
}

console.log(
  JSON.stringify({ ...cost(await puts()), ...cost(scans()), ...cost(bodies()), ...cost(plans()) }),
)
