import { expect } from 'chai'
import { deflateRawSync, deflateSync, gzipSync, brotliCompressSync } from 'node:zlib'
import { foreign, keyed, unseen, wish } from '../support/keyed.ts'
import { secureWays, type Wish } from '../support/ways.ts'

const json = 'application/json'
const form = 'application/x-www-form-urlencoded'
const parts = 'multipart/form-data; boundary=XyZ'

function sent(type: string, body: string | Buffer, more: Wish['headers'] = []): Partial<Wish> {
  return { method: 'POST', headers: [['content-type', type], ...(more ?? [])], body }
}
const part = (name: string, value: string, more = ''): string =>
  `--XyZ\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`

/** Bodies that say by themselves in whose name they come. */
const named: readonly (readonly [why: string, asked: Partial<Wish>])[] = [
  ['client_secret in a form', sent(form, `grant_type=x&client_secret=${foreign}`)],
  ['client_secret in a form, escaped', sent(form, `client%5Fsecret=${foreign}`)],
  ['a form in capitals', sent(form, `API_KEY=${foreign}`)],
  ['api_key in JSON', sent(json, JSON.stringify({ api_key: foreign }))],
  ['apiKey in JSON', sent(json, JSON.stringify({ apiKey: foreign }))],
  ['an escaped name in JSON', sent(json, `{"\\u0061pi_key":"${foreign}"}`)],
  ['api_key one object down', sent(json, JSON.stringify({ a: { api_key: foreign } }))],
  ['api_key in a list at the top', sent(json, JSON.stringify([{ api_key: foreign }]))],
  ['a kind of JSON', sent('application/vnd.a+json', JSON.stringify({ api_key: foreign }))],
  ['JSON that says it is text', sent('text/plain', JSON.stringify({ api_key: foreign }))],
  ['JSON that says nothing', { method: 'POST', body: JSON.stringify({ api_key: foreign }) }],
  [
    'a charset behind the type',
    sent(`${json}; charset=utf-8`, JSON.stringify({ api_key: foreign })),
  ],
  ['refresh_token in JSON', sent(json, JSON.stringify({ refresh_token: foreign }))],
  [
    'a policy for S3, in parts',
    sent(
      parts,
      `${part('key', 'a')}${part('X-Amz-Credential', foreign)}${part('X-Amz-Signature', '0')}${part('file', 'data', '; filename="a"')}--XyZ--\r\n`,
    ),
  ],
  ['AWSAccessKeyId, in parts', sent(parts, `${part('AWSAccessKeyId', foreign)}--XyZ--\r\n`)],
  ['api_key, in parts', sent(parts, `${part('api_key', foreign)}--XyZ--\r\n`)],
]

/** Bodies of which two readers would say different things, or nobody anything. */
const unclear: readonly (readonly [why: string, asked: Partial<Wish>])[] = [
  ['a name twice', sent(json, `{"model":"a","model":"b"}`)],
  ['something behind', sent(json, `{"model":"a"}{"api_key":"${foreign}"}`)],
  ['a comment', sent(json, `{"model":"a"/*,"api_key":"${foreign}"*/}`)],
  ['UTF-16', sent(`${json}; charset=utf-16`, Buffer.from('{"model":"a"}', 'utf16le'))],
  [
    'another coding',
    sent(json, brotliCompressSync('{"model":"a"}'), [['content-encoding', 'zstd']]),
  ],
  [
    'two members of gzip',
    sent(json, Buffer.concat([gzipSync('{"model":'), gzipSync('"a"}')]), [
      ['content-encoding', 'gzip'],
    ]),
  ],
  [
    'bytes behind gzip',
    sent(json, Buffer.concat([gzipSync('{"model":"a"}'), Buffer.from('x')]), [
      ['content-encoding', 'gzip'],
    ]),
  ],
  [
    'gzip that is cut',
    sent(json, gzipSync('{"model":"a"}').subarray(0, -4), [['content-encoding', 'gzip']]),
  ],
  [
    'deflate without its frame',
    sent(json, deflateRawSync('{"model":"a"}'), [['content-encoding', 'deflate']]),
  ],
  [
    'two codings',
    sent(json, gzipSync(gzipSync('{"model":"a"}')), [['content-encoding', 'gzip, gzip']]),
  ],
  ['a coding that it has not', sent(json, '{"model":"a"}', [['content-encoding', 'gzip']])],
  ['no type', { method: 'POST', body: '{"model":"a"}' }],
  ['another type', sent('text/plain', '{"model":"a"}')],
]

const onlyModel = { body: { json: { keys: ['model'] } } }

function coded(body: string): readonly (readonly [coding: string, bytes: Buffer])[] {
  return [
    ['gzip', gzipSync(body)],
    ['deflate', deflateSync(body)],
    ['br', brotliCompressSync(body)],
  ]
}

describe('a body that is judged', () => {
  for (const [name, way] of Object.entries(secureWays)) {
    for (const identity of ['key', 'anonymous'])
      it(`brings no key of somebody else, in the name of ${identity}: ${name}`, async () => {
        await using world = await keyed(identity, { rule: { body: everyKind } })
        for (const [why, asked] of named) {
          const { status, code, text } = await unseen(world, way, wish(asked))
          expect([why, status]).to.deep.equal([why, 403])
          expect(['foreign_credential', 'body_not_allowed'], why).to.include(code)
          expect(text).not.to.include(foreign)
        }
      })

    it(`brings one where the policy says so: ${name}`, async () => {
      await using world = await keyed('guest')
      for (const [why, asked] of named) {
        expect([why, (await way(world, wish(asked))).status]).to.deep.equal([why, 200])
        expect(world.origin.seen.at(-1)?.body, why).to.equal(String(asked.body))
      }
    })

    it(`brings none in any coding: ${name}`, async () => {
      await using world = await keyed('key', { rule: onlyModel })
      for (const [coding, bytes] of coded(`{"model":"a","api_key":"${foreign}"}`)) {
        const asked = wish(sent(json, bytes, [['content-encoding', coding]]))
        expect([coding, (await unseen(world, way, asked)).status]).to.deep.equal([coding, 403])
      }
      for (const [coding, bytes] of coded('{"model": "a"}')) {
        const { status } = await way(world, wish(sent(json, bytes, [['content-encoding', coding]])))
        const seen = world.origin.seen.at(-1)
        expect([coding, status, seen?.body]).to.deep.equal([coding, 200, '{"model":"a"}'])
        expect(seen?.headers['content-encoding']).to.equal(undefined)
        expect(seen?.headers['content-length']).to.equal('13')
      }
    })

    it(`goes nowhere when it can be read in two ways: ${name}`, async () => {
      await using world = await keyed('key', { rule: onlyModel })
      for (const [why, asked] of unclear) {
        const { status, code } = await unseen(world, way, wish(asked))
        expect([why, [400, 403, 413, 415].includes(status)]).to.deep.equal([why, true])
        expect(code, why).not.to.equal(null)
      }
      // What there is of it goes nowhere either; and nothing of it was due to the rule alone.
      expect((await way(world, wish(sent(json, '{"model":"a"}')))).status).to.equal(200)
    })
  }

  const everyKind = {
    json: {},
    form: { grant_type: '*', client_secret: '*', API_KEY: '*' },
    multipart: {
      key: {},
      'X-Amz-Credential': {},
      'X-Amz-Signature': {},
      file: { file: true },
      AWSAccessKeyId: {},
      api_key: {},
    },
  }
})
