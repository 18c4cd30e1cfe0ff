import type { Credential, CredentialCarrier } from '@caisson/core'
import { expect } from 'chai'
import type { IncomingMessage } from 'node:http'
import { signatureFault } from '../carriers/sigv4-verifier.ts'
import { agreeing } from '../support/frames.ts'
import { kept, keyed, ruleFor, secret, unseen, wish } from '../support/keyed.ts'
import type { Seen } from '../support/origin.ts'
import { good, Proxied, statusOf } from '../support/proxied.ts'
import { plainWays, secureWays, upgradeWays, type Wish } from '../support/ways.ts'

const [first] = Object.values(secureWays)
if (first === undefined) throw new Error('no way')

interface Placed {
  readonly carrier: CredentialCarrier
  readonly asked: Partial<Wish>
  /** What the origin must have been shown. */
  readonly shown: (seen: Pick<Seen, 'url' | 'headers' | 'body'>) => unknown
  readonly is: unknown
}

const json = [['content-type', 'application/json']] as const
const placed: readonly Placed[] = [
  {
    carrier: { header: 'x-api-key' },
    asked: {},
    shown: ({ headers }) => headers['x-api-key'],
    is: secret,
  },
  {
    carrier: { header: 'authorization', scheme: 'Bearer' },
    asked: {},
    shown: ({ headers }) => headers['authorization'],
    is: `Bearer ${secret}`,
  },
  {
    carrier: { basic: 'me' },
    asked: {},
    shown: ({ headers }) => headers['authorization'],
    is: `Basic ${Buffer.from(`me:${secret}`).toString('base64')}`,
  },
  {
    carrier: { query: 'key' },
    asked: { path: '/v1/x?a=1' },
    shown: ({ url }) => url,
    is: `/v1/x?a=1&key=${secret}`,
  },
  {
    carrier: { cookie: 'session' },
    asked: {},
    shown: ({ headers }) => headers['cookie'],
    is: `session=${secret}`,
  },
  {
    carrier: { path: { segment: 0, prefix: 'bot' } },
    asked: { path: '/bot/send' },
    shown: ({ url }) => url,
    is: `/bot${secret}/send`,
  },
  {
    carrier: { json: '/auth/key' },
    asked: { method: 'POST', headers: json, body: '{"auth":{"key":""},"a":1}' },
    shown: ({ body }) => body,
    is: `{"auth":{"key":"${secret}"},"a":1}`,
  },
]

function holding(carrier: CredentialCarrier): Readonly<Record<string, Credential>> {
  return { key: { source: { static: secret }, carrier } }
}

describe('a credential', () => {
  for (const { carrier, asked, shown, is } of placed)
    for (const [name, way] of Object.entries(secureWays))
      it(`stands in its place: ${JSON.stringify(carrier)}, ${name}`, async () => {
        const credentials = holding(carrier)
        await using world = await keyed('key', { credentials })
        const { status, text } = await way(world, wish(asked))
        expect([status, text.includes(secret)]).to.deep.equal([200, false])
        const [seen] = world.origin.seen
        if (seen === undefined) throw new Error('nothing arrived')
        expect(shown(seen)).to.equal(is)
        // And nowhere where a rule gives the same request no name.
        await using other = await keyed('anonymous', { credentials })
        const body = asked.body === undefined ? {} : { body: '{"a":1}' }
        await way(other, wish({ ...asked, ...body }))
        for (const one of other.origin.seen) expect(JSON.stringify(one)).not.to.include(secret)
      })

  for (const { carrier, asked, shown, is } of placed.filter((one) => one.asked.body === undefined))
    for (const [name, way] of Object.entries(upgradeWays))
      it(`stands in its place: ${JSON.stringify(carrier)}, ${name}`, async () => {
        await using world = await keyed('key', { credentials: holding(carrier) })
        const sockets = agreeing(world.origin)
        expect((await way(world, wish(asked))).status).to.equal(101)
        const { url = '', headers = {} } = sockets[0]?.request ?? ({} as Partial<IncomingMessage>)
        expect(shown({ url, headers, body: '' })).to.equal(is)
      })

  const keys = {
    accessKeyId: ['AK', 'IA', 'OURS0000OURS0000'].join(''),
    secretAccessKey: `${secret}/of-aws`,
  }
  const signing: Credential = {
    source: {
      aws: {
        accessKeyId: { static: keys.accessKeyId },
        secretAccessKey: { static: keys.secretAccessKey },
        sessionToken: { static: `${secret}.session` },
      },
    },
    carrier: { sigv4: { service: 's3', region: 'eu-west-1', bucketOwner: '123456789012' } },
    expose: 'AWS_ACCESS_KEY_ID',
  }
  for (const [name, way] of Object.entries(secureWays))
    it(`signs what is sent, as a service verifies it: ${name}`, async () => {
      await using world = await keyed('key', { credentials: { key: signing } })
      const dummy = world.proxy.environment['AWS_ACCESS_KEY_ID'] ?? ''
      const guest = `AWS4-HMAC-SHA256 Credential=${dummy}/20261124/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`
      const headers = [
        ['authorization', guest],
        ['x-amz-content-sha256', 'UNSIGNED-PAYLOAD'],
        ['x-amz-date', '20200101T000000Z'],
      ] as const
      const asked = wish({ method: 'POST', path: '/a%20b?z=1&a=%2F', headers, body: 'some bytes' })
      const { status, text } = await way(world, asked)
      expect([status, text]).to.deep.equal([200, text])
      const [seen] = world.origin.seen
      if (seen === undefined) throw new Error('nothing arrived')
      const given = Object.entries(seen.headers).filter(([field]) => !field.startsWith(':'))
      const received = {
        method: seen.method,
        target: seen.url,
        headers: {
          host: good,
          ...Object.fromEntries(given.map(([key, value]) => [key, String(value)])),
        },
        body: Buffer.from(seen.body),
      }
      const expected = { ...keys, region: 'eu-west-1', service: 's3', nowMs: Date.now() }
      expect(signatureFault(received, expected)).to.equal(null)
      expect(seen.headers['x-amz-security-token']).to.equal(`${secret}.session`)
      expect(seen.headers['x-amz-expected-bucket-owner']).to.equal('123456789012')
      expect(JSON.stringify(seen)).not.to.include(dummy).and.not.include(keys.secretAccessKey)
    })

  for (const [name, way] of Object.entries(secureWays))
    it(`signs nothing that somebody else signed: ${name}`, async () => {
      await using world = await keyed('key', { credentials: { key: signing } })
      const dummy = world.proxy.environment['AWS_ACCESS_KEY_ID'] ?? ''
      const form = (id: string, kind = 'AWS4-HMAC-SHA256'): string =>
        `${kind} Credential=${id}/20261124/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`
      const wrong: readonly Partial<Wish>[] = [
        { headers: [['authorization', form('AAAASOMEBODYELSE0000')]] },
        { headers: [['authorization', form(dummy, 'AWS4-ECDSA-P256-SHA256')]] },
        { headers: [['authorization', `AWS ${dummy}:aaaa`]] },
        {
          path: `/b/k?X-Amz-Credential=${dummy}%2F20261124&X-Amz-Signature=00&X-Amz-Algorithm=AWS4-HMAC-SHA256`,
        },
        { path: '/b/k?AWSAccessKeyId=AAAASOMEBODYELSE0000&Signature=aa&Expires=1' },
        { headers: [['x-amz-content-sha256', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD']] },
        { headers: [['x-amz-security-token', 'of-somebody-else-7Hh2']] },
      ]
      for (const more of wrong) {
        const { status, code } = await unseen(world, way, wish(more))
        expect([JSON.stringify(more), status]).to.deep.equal([JSON.stringify(more), 403])
        expect(code).to.be.oneOf(['foreign_credential', 'dummy_misused'])
      }
    })

  for (const [name, way] of Object.entries(plainWays))
    it(`is never sent over plain HTTP: ${name}`, async () => {
      await using world = await keyed('key')
      expect((await unseen(world, way, wish({ port: 80 }))).status).to.be.oneOf([0, 403])
      expect(world.refused?.code).to.be.oneOf(['port_not_allowed', 'protocol_not_allowed'])
      // Nor may a rule say so.
      const network = {
        allow: [{ ...ruleFor('key'), protocol: 'http-plain', ports: [80] } as const],
      }
      const error: unknown = await keyed('key', { network }).catch((thrown: unknown) => thrown)
      expect(error).to.include({ code: 'POLICY_INVALID' })
    })

  it('is put into no TRACE', async () => {
    await using world = await keyed('key')
    for (const [name, way] of Object.entries({ ...secureWays })) {
      const { status } = await unseen(world, way, wish({ method: 'TRACE' }))
      expect([name, status]).to.deep.equal([name, 405])
    }
    const error: unknown = await keyed('key', { rule: { methods: ['TRACE'] } }).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).to.include({ code: 'POLICY_INVALID' })
  })

  it('goes with no redirection', async () => {
    const other = 'other.good.test'
    await using world = await Proxied.open({
      network: { allow: [ruleFor('key'), { host: other, identity: 'anonymous' }] },
      credentials: { key: kept },
      also: [other],
      answer: (request, response) => {
        const key = String(request.headers['x-api-key'])
        response.writeHead(302, {
          location: `https://${other}/next?key=${key}`,
          refresh: `0; url=/${key}`,
        })
        response.end()
      },
    })
    for (const [name, way] of Object.entries(secureWays)) {
      const { length } = world.origin.seen
      const { status, text } = await way(world, wish())
      expect([name, status, text.includes(secret)]).to.deep.equal([name, 302, false])
      expect(world.origin.seen).to.have.length(length + 1)
      await way(world, wish({ host: other, path: '/next' }))
      expect(world.origin.seen.at(-1)?.url).to.equal('/next')
      expect(JSON.stringify(world.origin.seen.at(-1))).not.to.include(secret)
    }
    expect(world.alarms.some(({ kind }) => kind === 'secret_reflected')).to.equal(true)
  })

  it('is put into nothing that is only let through because somebody watches', async () => {
    for (const [name, way] of Object.entries({ ...secureWays, ...upgradeWays })) {
      const network = {
        allow: [ruleFor('key', { paths: ['/v1/x'], methods: ['GET'] })],
        mode: 'observe',
      } as const
      await using world = await keyed('key', { network })
      const sockets = agreeing(world.origin)
      await way(world, wish({ path: '/v1/y' }))
      await way(world, wish({ headers: [['authorization', 'Bearer of-somebody-else-7Hh2']] }))
      const told = [
        ...world.origin.seen.map(({ raw }) => raw),
        ...sockets.map(({ request }) => request.rawHeaders),
      ]
      expect(JSON.stringify(told), name).not.to.include(secret)
      const before = told.length
      await way(world, wish())
      const last = sockets.at(-1)?.request.rawHeaders ?? world.origin.seen.at(-1)?.raw
      expect([name, before, last?.includes(secret)]).to.deep.equal([name, before, true])
    }
  })

  it('takes nobody else along over the same connection', async () => {
    const credentials = {
      key: kept,
      two: { source: { static: `${secret}-two` }, carrier: { header: 'x-api-key' } },
    }
    const network = {
      allow: [
        ruleFor('key', { paths: ['/key'] }),
        ruleFor('two', { paths: ['/two'] }),
        ruleFor('anonymous', { paths: ['/anonymous'] }),
        ruleFor('guest', { paths: ['/guest'] }),
      ],
    }
    for (const alpn of ['http/1.1', 'h2']) {
      await using world = await keyed('key', { credentials, network })
      const way = secureWays[alpn === 'h2' ? 'HTTP/2 in CONNECT' : 'HTTP/1 in CONNECT']
      for (let turn = 0; turn < 3; turn += 1)
        for (const path of ['/key', '/two', '/anonymous', '/guest']) {
          const outcome = await way?.(world, wish({ path }))
          expect(outcome?.status).to.equal(200)
        }
      const users = new Map<number, Set<string>>()
      for (const { url, connection } of world.origin.seen) {
        users.set(connection, (users.get(connection) ?? new Set()).add(url))
      }
      // Those without a key of ours may share one: neither has anything that the other could take along.
      for (const paths of users.values())
        if (paths.size > 1) expect([...paths].toSorted()).to.deep.equal(['/anonymous', '/guest'])
      expect(users.size).to.be.within(3, 4)
    }
  })

  it('changes from one to another between two requests of a connection', async () => {
    const credentials = {
      key: kept,
      two: { source: { static: `${secret}-two` }, carrier: { header: 'x-api-key' } },
    }
    await using world = await keyed('key', { credentials })
    const talk = await world.intercepted()
    const asked = `GET /v1/x HTTP/1.1\r\nHost: ${good}\r\n\r\n`
    for (const identity of ['two', 'anonymous', 'key', 'guest', 'two']) {
      await world.proxy.update({ network: { allow: [ruleFor(identity)] }, credentials })
      expect(statusOf(await talk.send(asked).answer())).to.equal(200)
    }
    const told = world.origin.seen.map(({ headers }) => headers['x-api-key'] ?? null)
    expect(told).to.deep.equal([`${secret}-two`, null, secret, null, `${secret}-two`])
    const [two, nobody, one] = world.origin.seen.map(({ connection }) => connection)
    expect(new Set([two, nobody, one]).size).to.equal(3)
    talk.destroy()
  })
})
