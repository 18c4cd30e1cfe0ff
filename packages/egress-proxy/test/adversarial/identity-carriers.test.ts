import { expect } from 'chai'
import { agreeing } from '../support/frames.ts'
import { foreign, keyed, ruleFor, unseen, wish } from '../support/keyed.ts'
import { good, Proxied } from '../support/proxied.ts'
import { plainWays, secureWays, upgradeWays, type Wish } from '../support/ways.ts'

type Case = readonly [why: string, asked: Partial<Wish>, shown?: string]
const field = (name: string, value: string = foreign): Partial<Wish> => ({
  headers: [[name, value]],
})
const long = 'Q7'.repeat(24)
/** In pieces, so that nobody takes it for a real one. */
const shaped = ['sk', 'ant', 'api03', long].join('-')

/** Of each kind that is known, and each way of writing it that a reader of headers could miss. */
const cases: readonly Case[] = [
  ['Authorization: Bearer', field('Authorization', `Bearer ${foreign}`)],
  ['in lower case', field('authorization', `bearer ${foreign}`)],
  ['in capitals', field('AUTHORIZATION', `BEARER ${foreign}`)],
  [
    'as Basic',
    field('Authorization', `Basic ${Buffer.from(`a:${foreign}`).toString('base64')}`),
    'Basic',
  ],
  ['as Basic without a user', field('Authorization', 'Basic OnB3'), 'OnB3'],
  ['as Digest', field('Authorization', `Digest username="${foreign}"`)],
  ['as Negotiate', field('Authorization', `Negotiate ${long}`), long],
  ['as token', field('Authorization', `token ${foreign}`)],
  ['as a scheme that nobody knows', field('Authorization', `X-Own ${foreign}`)],
  ['without a scheme', field('Authorization')],
  [
    'as a signature of AWS',
    field(
      'Authorization',
      `AWS4-HMAC-SHA256 Credential=${foreign}/20261124/a/s3/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
    ),
  ],
  ['in the slot of the credential', field('X-Api-Key')],
  ['in the slot of the credential, in capitals', field('X-API-KEY')],
  ['with a tab inside', field('Authorization', `Bearer\t${foreign}`)],
  ['Api-Key', field('Api-Key')],
  ['of Google', field('X-Goog-Api-Key')],
  ['of GitLab', field('Private-Token')],
  ['of Vault', field('X-Vault-Token')],
  ['of Datadog', field('DD-API-KEY')],
  ['of Azure', field('Ocp-Apim-Subscription-Key')],
  ['a session of AWS', field('X-Amz-Security-Token')],
  ['what a gate in front would say', field('X-Forwarded-User')],
  ['a proof', field('DPoP')],
  ['a message signature', field('Signature', `sig1=:${foreign}:`)],
  ['a header that ends like one', field('X-Acme-Access-Key')],
  ['a key by its looks, in a header that is none', field('X-Note', shaped), shaped],
  ['a key by its looks, inside other text', field('X-Note', `see "${shaped}".`), shaped],
  ['a scheme in a header that is none', field('X-Note', `Bearer ${long}`), long],
  ['a cookie', field('Cookie', `session=${foreign}`)],
  ['the second of two cookies', field('Cookie', `a=; session=${foreign}`)],
  ['a cookie without a name', field('Cookie')],
  ['Cookie2', field('Cookie2')],
  ['a query', { path: `/v1/x?api_key=${foreign}` }],
  ['a query in capitals', { path: `/v1/x?API_KEY=${foreign}` }],
  ['an escaped query', { path: `/v1/x?%61pi_key=${foreign}` }],
  ['a later query', { path: `/v1/x?a=1&b=2&access_token=${foreign}` }],
  ['a presigned URL', { path: `/v1/x?X-Amz-Credential=${foreign}&X-Amz-Signature=00` }],
  ['a shared access signature', { path: `/v1/x?sv=2024&sig=${foreign}` }],
  ['a key by its looks, in a query', { path: `/v1/x?q=${shaped}` }, shaped],
  ['a key by its looks, as a query', { path: `/v1/x?${shaped}` }, shaped],
  ['a bot in a path', { path: `/bot123456:${foreign}/sendDocument` }],
  ['a webhook in a path', { path: `/services/T0AAAAAA/B0AAAAAA/${foreign}` }],
  ['another webhook in a path', { path: `/api/webhooks/1234/${foreign}` }],
  ['a session in a path', { path: `/v1/x;jsessionid=${foreign}` }],
  ['a key by its looks, in a path', { path: `/v1/${shaped}/x` }, shaped],
]

/** No client of HTTP/2 writes these. */
const padded: readonly Case[] = [
  ['behind a tab', field('X-Api-Key', `\t${foreign}`)],
  ['with tabs around it', field('Authorization', `\t \tBearer\t${foreign}\t`)],
]

/** What only a handshake of WebSocket says. */
const offered: readonly Case[] = [
  ['a sub-protocol', field('Sec-WebSocket-Protocol', `bearer.${foreign}`)],
  [
    'the second of two sub-protocols',
    field('Sec-WebSocket-Protocol', `realtime, openai-insecure-api-key.${foreign}`),
  ],
  ['a long sub-protocol', field('Sec-WebSocket-Protocol', `v1.${long}`), long],
]

function casesOf(way: string): readonly Case[] {
  if (way.includes('WebSocket')) return [...cases, ...padded, ...offered]
  return way.startsWith('HTTP/2') ? cases : [...cases, ...padded]
}

const refused = ['foreign_credential', 'dummy_misused', 'bad_request', 'bad_path']

describe('a key of somebody else', () => {
  for (const [name, way] of Object.entries({ ...secureWays, ...upgradeWays })) {
    const all = casesOf(name)
    for (const identity of ['key', 'anonymous']) {
      it(`reaches nobody in the name of ${identity}: ${name}`, async () => {
        await using world = await keyed(identity)
        for (const [why, asked] of all) {
          const { status, code, text } = await unseen(world, way, wish(asked))
          expect([400, 403], why).to.include(status)
          expect(refused, why).to.include(code)
          expect(text, why).not.to.include(foreign)
        }
        const foreigners = world.alarms.filter(({ kind }) => kind === 'foreign_credential')
        expect(foreigners.length).to.be.at.least(1)
        // Nothing was wrong but the key.
        expect((await way(world, wish())).status).to.be.oneOf([200, 101])
      }).timeout(20_000)
    }

    it(`goes through where the policy says so: ${name}`, async () => {
      await using world = await keyed('guest')
      const sockets = agreeing(world.origin)
      for (const [why, asked, shown = foreign] of all) {
        const outcome = await way(world, wish(asked))
        expect([why, outcome.status]).to.deep.equal([why, name.includes('WebSocket') ? 101 : 200])
        const seen = world.origin.seen.at(-1)
        const upgraded = sockets.at(-1)?.request
        const told = upgraded
          ? [upgraded.url, upgraded.rawHeaders.join('\n')]
          : [seen?.url, seen?.raw.join('\n')]
        expect(told.join('\n'), why).to.include(shown)
      }
    }).timeout(20_000)
  }

  for (const [name, way] of Object.entries(plainWays)) {
    it(`reaches nobody over plain HTTP: ${name}`, async () => {
      const rule = { host: good, protocol: 'http-plain', methods: ['GET', 'POST'] } as const
      await using world = await Proxied.open({ network: { allow: [rule] } })
      for (const [why, asked] of cases) {
        const { status, code } = await unseen(world, way, wish({ ...asked, port: 80 }))
        expect([400, 403], why).to.include(status)
        expect(refused, why).to.include(code)
      }
      expect((await way(world, wish({ port: 80 }))).status).to.equal(200)
    }).timeout(20_000)
  }

  it('goes nowhere beside a rule of another path, whatever the order', async () => {
    const open = ruleFor('guest', { paths: ['/open/**'] })
    const own = ruleFor('key', { paths: ['/own/**'] })
    for (const allow of [
      [open, own],
      [own, open],
    ]) {
      await using world = await keyed('key', { network: { allow } })
      const [way] = Object.values(secureWays)
      if (way === undefined) throw new Error('no way')
      const asked = { headers: [['x-api-key', foreign]] } as const
      expect((await unseen(world, way, wish({ ...asked, path: '/own/x' }))).status).to.equal(403)
      expect((await way(world, wish({ ...asked, path: '/open/x' }))).status).to.equal(200)
    }
  })
})
