import { expect } from 'chai'
import * as fc from 'fast-check'
import { findCarriers } from '../../dist/identity/find-carriers.js'
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
