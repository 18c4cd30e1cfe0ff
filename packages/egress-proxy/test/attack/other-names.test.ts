import { expect } from 'chai'
import { findCarriers } from '../../dist/identity/find-carriers.js'
import { keyed, wish } from '../support/keyed.ts'
import { secureWays, type Wish } from '../support/ways.ts'

const ask = secureWays['HTTP/1 in CONNECT'] ?? expect.fail('there is no such way')
/** Of no known kind. */
const key = 'q8Zk3mQ9xW2vB7nL5cT1dF6h'

function count(query: readonly (readonly [string, string])[], headers: Wish['headers'] = []) {
  return findCarriers({ path: '/p', query, headers }).length
}

describe('a key of somebody else under another name', () => {
  const headers: readonly (readonly [why: string, name: string, value?: string])[] = [
    ['an underscore, which gateways read as a hyphen', 'x_api_key'],
    ['underscores of a vendor', 'private_token'],
    ['a name that is nothing but an ending', 'secret'],
    ['a key of a vendor nobody knows', 'x-ingest-key'],
    ['Event Grid', 'aeg-sas-key'],
    ['CoinMarketCap', 'x-cmc_pro_api_key'],
    ['Artifactory', 'x-jfrog-art-api'],
    ['Deepgram, as a sub-protocol', 'sec-websocket-protocol', `token, ${'0123456789'.repeat(4)}`],
    ['a word and a key as sub-protocols', 'sec-websocket-protocol', 'bearer, abcdef'],
    ['a key alone as a sub-protocol', 'sec-websocket-protocol', `graphql-ws, ${key}`],
  ]
  for (const [why, name, value = key] of headers) {
    it(`is found in the header ${name}: ${why}`, () => {
      expect(
        count(
          [],
          [
            ['accept', '*/*'],
            [name, value],
          ],
        ),
      ).to.be.greaterThan(0)
    })
  }

  const queries: readonly (readonly [why: string, name: string, value?: string])[] = [
    ['Algolia', 'x-algolia-api-key'],
    ['ElevenLabs', 'xi-api-key'],
    ['Plex', 'X-Plex-Token'],
    ['Pastebin', 'api_dev_key'],
    ['Google’s system parameters', '$key'],
    ['a list, as PHP and Rails read it', 'access_token[]'],
    ['a dot, which PHP reads as an underscore', 'access.token'],
    ['a blank, which PHP drops', ' access_token'],
    ['a hyphen', 'access-token'],
    ['words joined', 'oauthtoken'],
    ['a service nobody knows', 'upload_token'],
    ['behind a semicolon', 'a', `1;access_token=${key}`],
  ]
  for (const [why, name, value = key] of queries) {
    it(`is found in the query as ${JSON.stringify(name)}: ${why}`, () => {
      expect(count([[name, value]])).to.equal(1)
    })
  }

  it('is not seen in what is no key', () => {
    const harmless: readonly (readonly [string, string])[] = [
      ['pageToken', 'CiAKGjBpNDd2Nmp2Zml2cXRwYjBpOXA'],
      ['nextPageToken', 'CiAKGjBpNDd2Nmp2Zml2cXRwYjBpOXA'],
      ['$skiptoken', 'CiAKGjBpNDd2Nmp2Zml2cXRwYjBpOXA'],
      ['ClientRequestToken', '5f0d1c6e-0d4e-4a51-9d0e-1d1f7c1b2a3f'],
      ['continuation-token', '1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM='],
      ['app_id', 'com.example.shop1234'],
      ['q', 'a;b=c;d'],
      ['key', 'name'],
    ]
    expect(harmless.filter((pair) => count([pair]) > 0)).to.deep.equal([])
    const fields: Wish['headers'] = [
      ['idempotency-key', '5f0d1c6e-0d4e-4a51-9d0e-1d1f7c1b2a3f'],
      ['x_request_id', '5f0d1c6e0d4e4a519d0e1d1f7c1b2a3f'],
      ['surrogate-key', 'article/1234567890abcdef'],
      ['x-sort-key', 'name'],
      ['sec-websocket-protocol', 'json.reliable.webpubsub.azure.v1, graphql-transport-ws'],
      ['sec-websocket-protocol', 'v4.channel.k8s.io'],
    ]
    expect(fields.filter((field) => count([], [field]) > 0)).to.deep.equal([])
  })
})

describe('a key of somebody else in a body that does not say what it is', () => {
  const body = JSON.stringify({ api_key: key, data: 'x' })
  const types: readonly (readonly [why: string, type: string | null, body: string])[] = [
    ['as plain text, as browsers send it', 'text/plain', body],
    ['with a charset', 'Text/Plain;charset=UTF-8', body],
    ['without a type', null, body],
    ['of an Amazon service', 'application/x-amz-json-1.1', body],
    ['of a type of its own', 'application/x-json', body],
    [
      'as a request in a batch',
      'multipart/mixed; boundary=b',
      `--b\r\ncontent-type: application/http\r\n\r\nPOST /x HTTP/1.1\r\nAuthorization: Bearer ${key}\r\n\r\n\r\n--b--\r\n`,
    ],
  ]
  for (const identity of ['anonymous', 'key']) {
    for (const [why, type, text] of types) {
      it(`is not sent ${why} where the name is ${identity}`, async () => {
        await using world = await keyed(identity)
        const headers = type === null ? [] : [['content-type', type] as const]
        const asked = wish({ method: 'POST', headers, body: text })
        expect((await ask(world, asked)).status).to.be.oneOf([400, 403])
        expect(world.arrived).to.equal(0)
      })
    }

    it(`lets bodies without one through where the name is ${identity}`, async () => {
      await using world = await keyed(identity)
      for (const type of ['text/plain', 'application/x-ndjson', 'application/octet-stream']) {
        const headers = [['content-type', type] as const]
        const asked = wish({ method: 'POST', headers, body: '{"a":1}\n{"b":[}\n' })
        expect((await ask(world, asked)).status).to.equal(200)
      }
      expect((await ask(world, wish({ method: 'POST', body: 'plain words' }))).status).to.equal(200)
    })
  }
})

describe('a query by which a server takes a request for another', () => {
  for (const [why, path] of [
    ['a method, as Rails and Express read it', '/v1/x?_method=DELETE'],
    ['a method, as Google reads it', '/v1/x?%24httpMethod=DELETE'],
    ['headers, as Google reads them', '/v1/x?$httpHeaders=Authorization:Bearer%20abc'],
  ] as const) {
    it(`is refused: ${why}`, async () => {
      await using world = await keyed('anonymous')
      expect((await ask(world, wish({ method: 'POST', path }))).code).to.equal('bad_request')
      expect(world.arrived).to.equal(0)
      const same = wish({ method: 'POST', path: '/v1/x?_method=post' })
      expect((await ask(world, same)).status).to.equal(200)
    })
  }

  for (const name of ['X_HTTP_Method_Override', 'X-HTTP_Method-Override']) {
    it(`is refused where a header says it with underscores: ${name}`, async () => {
      await using world = await keyed('anonymous')
      const asked = wish({ method: 'POST', headers: [[name, 'DELETE']] })
      expect((await ask(world, asked)).code).to.equal('bad_request')
      expect(world.arrived).to.equal(0)
    })
  }
})
