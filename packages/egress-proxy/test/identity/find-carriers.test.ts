import { expect } from 'chai'
import * as fc from 'fast-check'
import type { BodyView, JsonValue } from '../../dist/body/body-view.js'
import { findBodyCarriers, findCarriers } from '../../dist/identity/find-carriers.js'
import type { Field } from '../../dist/http-message.js'

interface Parts {
  readonly path?: string
  readonly query?: readonly (readonly [string, string])[]
  readonly headers?: readonly Field[]
}

/** `where name` of everything that is found. */
function found({ path = '/', query = [], headers = [] }: Parts): readonly string[] {
  return findCarriers({ path, query, headers }).map(({ where, name }) => `${where} ${name}`)
}

const random = 'aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5hJ7k'
const jwt = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.${random}`

describe('findCarriers', () => {
  const headers: readonly (readonly [why: string, Field, string])[] = [
    ['bearer', ['authorization', 'Bearer x'], 'header authorization'],
    ['basic', ['authorization', 'Basic dTpw'], 'header authorization'],
    ['a scheme of its own', ['authorization', 'Whatever x'], 'header authorization'],
    ['an odd scheme alone', ['authorization', 'x'], 'header authorization'],
    ['tabs around', ['authorization', '\tBearer x\t'], 'header authorization'],
    ['Anthropic', ['x-api-key', 'x'], 'header x-api-key'],
    ['Azure', ['api-key', 'x'], 'header api-key'],
    ['Google', ['x-goog-api-key', 'x'], 'header x-goog-api-key'],
    ['GitLab', ['private-token', 'x'], 'header private-token'],
    ['GitLab jobs', ['job-token', 'x'], 'header job-token'],
    ['AWS', ['x-amz-security-token', 'x'], 'header x-amz-security-token'],
    ['Datadog', ['dd-api-key', 'x'], 'header dd-api-key'],
    ['Vault', ['x-vault-token', 'x'], 'header x-vault-token'],
    [
      'Azure API Management',
      ['ocp-apim-subscription-key', 'x'],
      'header ocp-apim-subscription-key',
    ],
    ['RapidAPI', ['x-rapidapi-key', 'x'], 'header x-rapidapi-key'],
    ['Shopify', ['x-shopify-access-token', 'x'], 'header x-shopify-access-token'],
    ['Cloudflare', ['x-auth-key', 'x'], 'header x-auth-key'],
    ['Cloudflare’s address', ['x-auth-email', 'x'], 'header x-auth-email'],
    ['CircleCI', ['circle-token', 'x'], 'header circle-token'],
    ['Sentry', ['x-sentry-auth', 'Sentry sentry_key=x'], 'header x-sentry-auth'],
    ['a service nobody heard of', ['x-acme-api-key', 'x'], 'header x-acme-api-key'],
    ['its token', ['acme-token', 'x'], 'header acme-token'],
    ['a message’s signature', ['signature', 'sig1=:x:'], 'header signature'],
    ['a key among programs', ['user-agent', `curl/8 sk-ant-api03-${random}`], 'shape user-agent'],
    ['a key among types', ['accept', `text/x;q=ghp_${random}`], 'shape accept'],
    ['a key as a condition', ['if-none-match', `"AKIAABCDEFGHIJKLMNOP"`], 'shape if-none-match'],
    ['a token in any field', ['x-note', jwt], 'shape x-note'],
    ['a scheme in any field', ['x-note', 'bEaReR 0123456789abcdef'], 'shape x-note'],
    ['a signature in any field', ['x-note', 'AWS4-HMAC-SHA256 Credential=x'], 'shape x-note'],
    [
      'a key as a sub-protocol',
      ['sec-websocket-protocol', `realtime, openai-insecure-api-key.sk-${random}`],
      'protocol sec-websocket-protocol',
    ],
    [
      'a cluster’s token as a sub-protocol',
      ['sec-websocket-protocol', 'base64url.bearer.authorization.k8s.io.YWJj, v4.channel.k8s.io'],
      'protocol sec-websocket-protocol',
    ],
    [
      'something long as a sub-protocol',
      ['sec-websocket-protocol', `x${random}y`],
      'protocol sec-websocket-protocol',
    ],
  ]
  for (const [why, field, wanted] of headers) {
    it(`finds ${wanted}: ${why}`, () => {
      expect(found({ headers: [['accept', '*/*'], field] })).to.deep.equal([wanted])
    })
  }

  it('finds each of several fields and cookies', () => {
    const all = found({
      headers: [
        ['authorization', 'a'],
        ['authorization', 'b'],
        ['cookie', 'a=1; b = 2;;c'],
        ['cookie', 'a=3'],
      ],
    })
    const cookies = ['cookie a', 'cookie b', 'cookie ', 'cookie a']
    expect(all).to.deep.equal(['header authorization', 'header authorization', ...cookies])
  })

  const queries: readonly (readonly [string, string])[] = [
    ['access_token', 'x'],
    ['ACCESS_TOKEN', 'x'],
    ['X-Amz-Signature', 'x'],
    ['X-Amz-Credential', 'x'],
    ['X-Goog-Signature', 'x'],
    ['AWSAccessKeyId', 'x'],
    ['sig', 'x'],
    ['sentry_key', 'x'],
    ['upload_id', 'x'],
    ['token', 'x'],
    ['key', random],
    ['code', random],
    ['anything', `AIza${random}`],
    ['anything', `Bearer ${random}`],
    ['anything', `https://u:glpat-${random}@x.test/`],
    [`npm_${random.slice(0, 36)}`, ''],
    [`hf_${random}`, 'x'],
  ]
  for (const [key, value] of queries) {
    it(`finds the query key ${key.slice(0, 20)} with ${value.slice(0, 12) || 'nothing'}`, () => {
      expect(
        found({
          query: [
            ['v', '1'],
            [key, value],
          ],
        }),
      ).to.deep.equal([`query ${key}`])
    })
  }

  const paths: readonly (readonly [string, string])[] = [
    ['/bot123:abc/sendMessage', 'path 0'],
    ['/bot123%3Aabc/sendMessage', 'path 0'],
    ['/BOT123:abc/sendMessage', 'path 0'],
    ['/file/bot123:abc/x', 'path 1'],
    ['/services/T0AAAA/B0AAAA/abcdefghijkl', 'path 3'],
    ['/api/webhooks/123456/abcdefghijkl', 'path 3'],
    ['/api/v10/webhooks/123456/abcdefghijkl', 'path 4'],
    ['/hooks/catch/123/abc', 'path 3'],
    ['/trigger/x/with/key/abcdefghijkl', 'path 4'],
    [`/v1/sk-ant-api03-${random}/x`, 'path 1'],
    [`/x;jsessionid=abc/y`, 'path 0'],
  ]
  for (const [path, wanted] of paths) {
    it(`finds ${wanted} of ${path.slice(0, 40)}`, () => {
      expect(found({ path })).to.deep.equal([wanted])
    })
  }

  const hash = '0123456789abcdef0123456789abcdef01234567'
  const benign: readonly (readonly [string, Parts])[] = [
    [
      'curl',
      {
        headers: [
          ['user-agent', 'curl/8.5.0'],
          ['accept', '*/*'],
        ],
      },
    ],
    [
      'git',
      {
        path: '/acme/app.git/info/refs',
        query: [['service', 'git-upload-pack']],
        headers: [
          ['user-agent', 'git/2.43.0'],
          ['git-protocol', 'version=2'],
          ['accept-encoding', 'deflate, gzip, br, zstd'],
          ['pragma', 'no-cache'],
        ],
      },
    ],
    [
      'npm',
      {
        path: '/@types%2Fnode',
        headers: [
          ['user-agent', 'npm/10.8.2 node/v20.20.2 linux x64 workspaces/false'],
          ['npm-auth-type', 'web'],
          ['npm-command', 'install'],
          ['npm-session', '0123456789abcdef'],
          ['pacote-version', '18.0.6'],
          ['pacote-req-type', 'packument'],
          ['pacote-pkg-id', 'registry:@types/node@^20'],
          ['accept', 'application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*'],
        ],
      },
    ],
    [
      'pip',
      {
        path: '/simple/requests/',
        headers: [
          [
            'user-agent',
            'pip/24.0 {"ci":null,"cpu":"x86_64","distro":{"id":"bookworm","libc":{"lib":"glibc","version":"2.36"},"name":"Debian GNU/Linux","version":"12"},"implementation":{"name":"CPython","version":"3.11.2"},"installer":{"name":"pip","version":"24.0"},"openssl_version":"OpenSSL 3.0.15 3 Sep 2024","python":"3.11.2","rustc_version":"1.63.0","system":{"name":"Linux","release":"6.1.0"}}',
          ],
          ['accept', 'application/vnd.pypi.simple.v1+json, text/html; q=0.01'],
          ['cache-control', 'max-age=0'],
        ],
      },
    ],
    [
      'the fetch of Node',
      {
        headers: [
          ['accept', '*/*'],
          ['accept-language', '*'],
          ['sec-fetch-mode', 'cors'],
          ['user-agent', 'node'],
          ['accept-encoding', 'gzip, deflate'],
        ],
      },
    ],
    [
      'the Anthropic SDK without a key',
      {
        path: '/v1/messages',
        headers: [
          ['anthropic-version', '2023-06-01'],
          ['anthropic-beta', 'prompt-caching-2024-07-31'],
          ['x-stainless-lang', 'js'],
          ['x-stainless-runtime-version', 'v20.20.2'],
          ['x-stainless-retry-count', '0'],
          ['idempotency-key', 'stainless-node-retry-01234567-89ab-cdef-0123-456789abcdef'],
        ],
      },
    ],
    [
      'conditions and digests',
      {
        headers: [
          ['if-none-match', `W/"${hash}"`],
          ['if-none-match', '"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="'],
          ['content-md5', '1B2M2Y8AsgTpgAmY7PhCfg=='],
          ['digest', 'SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE='],
          ['etag', '"5f3-xoG1sSkAkKZ9"'],
          ['if-modified-since', 'Tue, 24 Nov 2026 02:00:00 GMT'],
        ],
      },
    ],
    [
      'tracing',
      {
        headers: [
          ['traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
          ['tracestate', 'congo=t61rcWkgMzE,rojo=00f067aa0ba902b7'],
          ['x-request-id', '01234567-89ab-cdef-0123-456789abcdef'],
          ['x-amzn-trace-id', 'Root=1-67891233-abcdef012345678912345678'],
          ['x-cloud-trace-context', '105445aa7843bc8bf206b12000100000/1;o=1'],
          ['baggage', 'userId=alice,serverNode=DF%2028'],
          ['sentry-trace', '4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1'],
        ],
      },
    ],
    [
      'languages and browsers',
      {
        headers: [
          ['accept-language', 'sk-SK,sk;q=0.9,en-US;q=0.8'],
          ['sec-ch-ua', '"Chromium";v="131", "Not_A Brand";v="24"'],
          ['referer', 'https://x.test/a/b?c=d'],
          ['origin', 'https://x.test'],
          ['x-csrf-token', 'x'],
        ],
      },
    ],
    [
      'a socket',
      {
        headers: [
          ['sec-websocket-protocol', 'graphql-transport-ws, realtime'],
          ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='],
          ['sec-websocket-version', '13'],
        ],
      },
    ],
    [
      'pages and searches',
      {
        path: `/repos/acme/app/commits/${hash}`,
        query: [
          ['page_token', 'CAUQAA'],
          ['next_token', 'abc'],
          ['key', 'name'],
          ['code', '404'],
          ['q', 'how do i rotate an api key or access token'],
          ['ref', hash],
          ['id', '01234567-89ab-cdef-0123-456789abcdef'],
        ],
      },
    ],
    ['words like prefixes', { path: '/sk-learn/hf_hub/npm_config/eyJ/ghp_/AKIA/bots/services/x' }],
    [
      'empty fields',
      {
        headers: [
          ['authorization', ''],
          ['cookie', ''],
          ['x-api-key', ''],
        ],
      },
    ],
  ]
  for (const [who, parts] of benign) {
    it(`finds nothing in what is harmless: ${who}`, () => {
      expect(found(parts)).to.deep.equal([])
    })
  }

  it('takes any bytes, and costs in proportion to them', () => {
    const text = fc.string({ unit: 'binary', maxLength: 300 })
    fc.assert(
      fc.property(text, text, (one, other) => {
        const all = findCarriers({
          path: `/${one}`,
          query: [[one, other]],
          headers: [
            ['cookie', one],
            ['x-a', other],
            ['sec-websocket-protocol', one],
          ],
        })
        for (const { value } of all) expect(value).to.be.a('string')
      }),
      { numRuns: 2000, seed: 20_261_124 },
    )
    for (const evil of ['eyJ.', 'eyJaaaaaaaa.', 'sk-', 'sk-ant-', 'xoxb-', '/bot1:', 'SG.'])
      found({ path: `/${evil.repeat(3000)}`, headers: [['x-a', evil.repeat(3000)]] })
  })
})

const json = (value: JsonValue): BodyView => ({ kind: 'json', value })
const object = (entries: Record<string, JsonValue>): JsonValue => new Map(Object.entries(entries))

describe('findBodyCarriers', () => {
  const cases: readonly (readonly [string, BodyView, readonly string[]])[] = [
    ['a key at the top', json(object({ api_key: 'x' })), ['/api_key']],
    [
      'however it is written',
      json(object({ apiKey: 'x', 'Client-Secret': 'y' })),
      ['/apiKey', '/Client-Secret'],
    ],
    ['one level in', json(object({ auth: object({ token: random }) })), ['/auth/token']],
    [
      'in each item',
      json([object({ properties: object({ token: random }) })]),
      ['/0/properties/token'],
    ],
    ['of a known shape, under any name', json(object({ k: `sk-ant-${random}` })), ['/k']],
    ['a name to be escaped', json(object({ 'a/b~': `ghp_${random}` })), ['/a~1b~0']],
    [
      'in a form',
      {
        kind: 'form',
        fields: [
          ['grant_type', 'x'],
          ['client_secret', 'y'],
          ['X-Amz-Signature', 'z'],
        ],
      },
      ['client_secret', 'X-Amz-Signature'],
    ],
    [
      'in an upload with a signed policy',
      {
        kind: 'multipart',
        parts: [
          { name: 'policy', filename: null, type: 'text/plain', content: Buffer.from('e30=') },
          {
            name: 'x-amz-credential',
            filename: null,
            type: 'text/plain',
            content: Buffer.from('A/b'),
          },
          { name: 'signature', filename: 'f', type: 'text/plain', content: Buffer.from('x') },
          { name: 'file', filename: 'a.txt', type: 'text/plain', content: Buffer.from('token') },
        ],
      },
      ['x-amz-credential', 'signature'],
    ],
    ['none where it is empty', json(object({ token: '', api_key: '' })), []],
    [
      'none in a chat about tokens',
      json(
        object({
          model: 'x',
          max_tokens: 'many',
          system: `never tell the token, api_key=abc, or sk-ant-${random} to anybody`,
          messages: [object({ role: 'user', content: 'my token is lost', token: 'x' })],
          tools: [
            object({ input_schema: object({ properties: object({ api_key: object({}) }) }) }),
          ],
        }),
      ),
      [],
    ],
    ['none in a page’s token one level in', json(object({ page: object({ token: 'abc' }) })), []],
    ['none in what is not looked into', { kind: 'other' }, []],
    ['none in a text', json('token'), []],
  ]
  for (const [why, view, wanted] of cases) {
    it(`finds ${wanted.length === 0 ? why : `${wanted.join(' and ')}: ${why}`}`, () => {
      expect(findBodyCarriers(view).map(({ name }) => name)).to.deep.equal(wanted)
    })
  }
})
