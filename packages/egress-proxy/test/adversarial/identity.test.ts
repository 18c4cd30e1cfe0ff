import { expect } from 'chai'
import { frame, headersFrames, kind, preface, RawPeer } from '../http2/frames.ts'
import { agreeing } from '../support/frames.ts'
import { foreign, kept, keyed, ruleFor, secret, unseen, wish } from '../support/keyed.ts'
import { good, Proxied, refusalIn, settle, statusOf } from '../support/proxied.ts'
import { secureWays, upgradeWays } from '../support/ways.ts'

const everyWay = Object.entries({ ...secureWays, ...upgradeWays })
const first = secureWays['HTTP/1 in CONNECT']
if (first === undefined) throw new Error('no way')

/** What an origin was shown, by whichever way. */
function shown(world: Proxied, sockets: ReturnType<typeof agreeing>): string[] {
  const plain = world.origin.seen.map(({ raw, url }) => [url, ...raw].join('\n'))
  const upgraded = sockets.map(({ request: { rawHeaders, url } }) =>
    [url, ...rawHeaders].join('\n'),
  )
  return [...plain, ...upgraded]
}

describe('whose name is on a request', () => {
  for (const [name, way] of everyWay) {
    it(`is the credential's, with its dummy or without: ${name}`, async () => {
      await using world = await keyed('key')
      const sockets = agreeing(world.origin)
      const dummy = world.proxy.environment['ANTHROPIC_API_KEY'] ?? ''
      const basic = Buffer.from(`user:${dummy}`).toString('base64')
      const harmless: readonly (readonly [string, string])[] = [
        ['x-api-key', dummy],
        ['X-Api-Key', ''],
        ['Authorization', `Bearer ${dummy}`],
        ['Authorization', `Basic ${basic}`],
        ['Accept', '*/*'],
      ]
      for (const headers of harmless) {
        const { status, text } = await way(world, wish({ headers: [headers] }))
        expect([headers[0], status]).to.deep.equal([headers[0], sockets.length > 0 ? 101 : 200])
        expect(text).not.to.include(secret)
      }
      const all = shown(world, sockets)
      expect(all).to.have.length(harmless.length)
      for (const one of all) {
        expect(one.split(secret)).to.have.length(2)
        expect(one).not.to.include(dummy).and.not.include(basic)
      }
    })

    it(`is not the credential's by another method or path: ${name}`, async () => {
      await using world = await keyed('key', { rule: { paths: ['/v1/x'], methods: ['GET'] } })
      const wrong = name.includes('WebSocket')
        ? [{ path: '/v1/y' }]
        : [{ method: 'POST' }, { method: 'DELETE' }, { path: '/v1/y' }]
      for (const more of wrong)
        expect((await unseen(world, way, wish(more))).code).to.match(/allow/)
      expect(world.origin.seen).to.deep.equal([])
    })

    it(`is nobody's at a host that no rule gives a name: ${name}`, async () => {
      const other = 'other.good.test'
      await using world = await Proxied.open({
        network: { allow: [ruleFor('key'), { host: other, websocket: true }] },
        credentials: { key: kept },
        also: [other],
      })
      const dummy = world.proxy.environment['ANTHROPIC_API_KEY'] ?? ''
      const asked = wish({ host: other, headers: [['x-api-key', dummy]] })
      const { status, code } = await way(world, asked)
      expect([status, code]).to.deep.equal([403, 'dummy_misused'])
      expect(world.reached).to.equal(0)
      expect(world.alarms.map(({ kind, about }) => [kind, about])).to.deep.equal([
        ['dummy_misused', 'key'],
      ])
      // Without it the same is nobody's, and goes.
      const { status: plainly } = await way(world, wish({ host: other }))
      expect(plainly).to.be.oneOf([200, 502])
      for (const { raw } of world.origin.seen) expect(raw.join()).not.to.include(secret)
    })
  }

  it('is judged with every header, in HTTP/1', async () => {
    await using world = await keyed('key')
    const dummy = world.proxy.environment['ANTHROPIC_API_KEY'] ?? ''
    const doubled: readonly (readonly string[])[] = [
      [`x-api-key: ${dummy}`, `x-api-key: ${foreign}`],
      [`x-api-key: ${foreign}`, `x-api-key: ${dummy}`],
      [`x-api-key: ${dummy}`, `X-API-KEY: ${dummy}`],
      [`x-api-key: ${dummy}`, `authorization: Bearer ${foreign}`],
      [`authorization: Bearer ${dummy}`, `authorization: Bearer ${foreign}`],
      [`Authorization: Bearer ${foreign}`, `AUTHORIZATION:\tBearer ${foreign}`],
      [`x-api-key: ${dummy}, ${foreign}`],
      [`x-api-key: ${dummy}${foreign}`],
      [`authorization: Bearer ${dummy}, Bearer ${foreign}`],
      [`authorization: Bearer ${dummy} ${foreign}`],
      [`cookie: a=${dummy}`, `cookie: b=${foreign}`],
      [`x-api-key : ${foreign}`],
      [`x-api-key:`, ` ${foreign}`],
      [`x-api-key: ${dummy}`, `\tx-api-key: ${foreign}`],
      [`x_api_key: ${foreign}`, `api_key: ${foreign}`],
    ]
    for (const lines of doubled) {
      const talk = await world.intercepted()
      talk.send(`GET / HTTP/1.1\r\nHost: ${good}\r\n${lines.join('\r\n')}\r\n\r\n`)
      const text = await talk.answer()
      expect([lines, statusOf(text)]).to.deep.equal([lines, statusOf(text) === 400 ? 400 : 403])
      expect(['foreign_credential', 'bad_request', 'dummy_misused'], lines.join()).to.include(
        refusalIn(text) ?? 'bad_request',
      )
      talk.destroy()
    }
    expect(world.reached).to.equal(0)
  })

  it('is not said by what ends at the proxy', async () => {
    await using world = await keyed('key')
    const talk = await world.intercepted()
    const lines = [
      'connection: x-api-key, authorization',
      `x-api-key: ${foreign}`,
      `proxy-authorization: Basic ${foreign}`,
    ]
    await talk.send(`GET / HTTP/1.1\r\nHost: ${good}\r\n${lines.join('\r\n')}\r\n\r\n`).answer()
    for (const { raw } of world.origin.seen) {
      expect(raw.join('\n')).to.include(secret).and.not.include(foreign)
    }
    talk.destroy()
  })

  it('is judged with every header, in HTTP/2', async () => {
    await using world = await keyed('key')
    const dummy = world.proxy.environment['ANTHROPIC_API_KEY'] ?? ''
    const head = [
      [':method', 'GET'],
      [':scheme', 'https'],
      [':path', '/'],
      [':authority', good],
    ] as const
    const doubled: readonly (readonly (readonly [string, string])[])[] = [
      [
        ['x-api-key', dummy],
        ['x-api-key', foreign],
      ],
      [
        ['authorization', `Bearer ${dummy}`],
        ['authorization', `Bearer ${foreign}`],
      ],
      [
        ['x-api-key', dummy],
        ['authorization', `Bearer ${foreign}`],
      ],
      [
        ['cookie', 'a='],
        ['cookie', `b=${foreign}`],
      ],
      [['x-api-key', `\t${foreign}`]],
      [['x-api-key', `${foreign}\t`]],
      [['X-Api-Key', foreign]],
      [[':x-api-key', foreign]],
      [['proxy-authorization', `Basic ${foreign}`]],
    ]
    for (const fields of doubled) {
      const peer = new RawPeer(await world.interceptedSocket(good, ['h2']))
      peer.write(preface, frame(kind.settings, {}), headersFrames(1, [...head, ...fields]))
      await peer.outcome(1)
      peer.end()
    }
    for (const { raw } of world.origin.seen) expect(raw.join('\n')).not.to.include(foreign)
    // The same without a key arrives.
    const peer = new RawPeer(await world.interceptedSocket(good, ['h2']))
    const before = world.origin.seen.length
    peer.write(preface, frame(kind.settings, {}), headersFrames(1, head))
    expect(await peer.outcome(1)).to.equal('headers')
    expect(world.origin.seen).to.have.length(before + 1)
    peer.end()
  })

  it('does not stand in front of the host', async () => {
    await using world = await keyed('key')
    for (const text of [
      `GET https://a:${foreign}@${good}/ HTTP/1.1\r\nHost: ${good}\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: a:${foreign}@${good}\r\n\r\n`,
      `GET //a:${foreign}@${good}/ HTTP/1.1\r\nHost: ${good}\r\n\r\n`,
    ]) {
      const talk = await world.intercepted()
      expect(statusOf(await talk.send(text).answer()), text).to.be.oneOf([400, 403])
      talk.destroy()
    }
    expect(world.reached).to.equal(0)
  })

  const sent =
    `POST / HTTP/1.1\r\nHost: ${good}\r\nTransfer-Encoding: chunked\r\n` +
    `TE: trailers\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: ${foreign}\r\n\r\n`
  for (const identity of ['key', 'anonymous', 'guest'])
    it(`is not added behind a body, in the name of ${identity}`, async () => {
      await using world = await keyed(identity)
      const talk = await world.intercepted()
      const status = statusOf(await talk.send(sent).answer())
      await settle(() => world.origin.seen.length > 0)
      const trailers = JSON.stringify(world.origin.seen.map((one) => one.trailers))
      if (identity === 'guest') expect([status, trailers]).to.deep.equal([200, trailers])
      expect(trailers.includes(foreign)).to.equal(identity === 'guest')
      talk.destroy()
    })

  for (const [name, way] of everyWay) {
    it(`leaves tenants to the proxy: ${name}`, async () => {
      const tenant = { 'x-tenant': 'ours' }
      await using world = await keyed('key', { rule: { tenant } })
      const sockets = agreeing(world.origin)
      const headers = [
        ['X-Tenant', 'theirs'],
        ['x-other', 'kept'],
      ] as const
      await way(world, wish({ headers }))
      const [told = ''] = shown(world, sockets)
      expect(told).to.include('ours').and.include('kept').and.not.include('theirs')
    })

    it(`lets only known headers go on at a known service: ${name}`, async () => {
      const host = 'api.anthropic.com'
      const allowed = { ...ruleFor('key'), host, tenant: { 'anthropic-allowed-org-ids': 'ours' } }
      await using world = await Proxied.open({
        network: { allow: [allowed] },
        credentials: { key: kept },
        also: [host],
      })
      const sockets = agreeing(world.origin)
      const headers = [
        ['x-unheard-of', 'dropped'],
        ['anthropic-version', '2023-06-01'],
        ['anthropic-allowed-org-ids', 'theirs'],
      ] as const
      const { status } = await way(world, wish({ host, headers }))
      expect(status).to.be.oneOf([200, 101])
      const [told = ''] = shown(world, sockets)
      expect(told).to.include('2023-06-01').and.include('ours').and.include(secret)
      expect(told).not.to.include('dropped').and.not.include('theirs')
    })
  }

  it('makes no other keys', async () => {
    await using world = await keyed('key')
    for (const path of [
      '/oauth/token',
      '/v1/api_keys',
      '/api/v4/personal_access_tokens',
      '/login/oauth/access_token',
    ]) {
      const { status, code } = await unseen(
        world,
        first,
        wish({ method: 'POST', path, body: '{}' }),
      )
      expect([path, status, code]).to.deep.equal([path, 403, 'minting_refused'])
    }
    expect(new Set(world.alarms.map(({ kind }) => kind))).to.deep.equal(
      new Set(['minting_refused']),
    )
    // What the guest does in its own name is its own.
    await using open = await keyed('guest')
    expect(
      (await first(open, wish({ method: 'POST', path: '/oauth/token', body: '{}' }))).status,
    ).to.equal(200)
  })
})
