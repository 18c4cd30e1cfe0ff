import { expect } from 'chai'
import { kept, keyed, ruleFor, unseen, wish } from '../support/keyed.ts'
import type { Proxied } from '../support/proxied.ts'
import { plainWays, secureWays, upgradeWays, type Wish } from '../support/ways.ts'

describe('a dummy that goes astray', () => {
  const other = 'other.good.test'
  const dummyOf = (world: Proxied): string => world.proxy.environment['ANTHROPIC_API_KEY'] ?? ''
  const allow = [
    ruleFor('key', { paths: ['/v1/**'] }),
    { host: other, identity: 'guest', methods: ['GET', 'POST'], websocket: true },
    {
      host: other,
      protocol: 'http-plain',
      ports: [80],
      identity: 'guest',
      methods: ['GET', 'POST'],
    },
  ] as const
  const open = (): Promise<Proxied> =>
    keyed('key', { network: { allow }, credentials: { key: kept }, also: [other] })
  const misused = (world: Proxied): number =>
    world.alarms.filter(({ kind }) => kind === 'dummy_misused').length

  for (const [name, way] of Object.entries({ ...secureWays, ...upgradeWays, ...plainWays })) {
    const port = name in plainWays ? 80 : 443
    it(`is refused and told at another host: ${name}`, async () => {
      await using world = await open()
      const dummy = dummyOf(world)
      const basic = Buffer.from(`a:${dummy}`).toString('base64')
      const asks: readonly Partial<Wish>[] = [
        { headers: [['x-api-key', dummy]] },
        { headers: [['authorization', `Bearer ${dummy}`]] },
        { headers: [['authorization', `Basic ${basic}`]] },
        { headers: [['x-note', Buffer.from(dummy).toString('hex')]] },
        { path: `/v1/${dummy}` },
        { path: `/v1/x?a=${dummy}` },
      ]
      for (const more of asks) {
        const { status, code } = await unseen(world, way, wish({ ...more, host: other, port }))
        expect([JSON.stringify(more), status, code]).to.deep.equal([
          JSON.stringify(more),
          403,
          'dummy_misused',
        ])
      }
      expect(misused(world)).to.equal(asks.length)
    })

    it(`is told, and no more, where nothing may be asked: ${name}`, async () => {
      await using world = await open()
      const headers = [['x-api-key', dummyOf(world)]] as const
      const { status } = await unseen(world, way, wish({ host: 'evil.test', port, headers }))
      expect([0, 403]).to.include(status)
      // A refused CONNECT never shows the request that would have come.
      if (name === 'the absolute form') expect(misused(world)).to.equal(1)
    })
  }

  it('is nothing to tell of at its own host, where the path is refused', async () => {
    await using world = await open()
    const headers = [['x-api-key', dummyOf(world)]] as const
    for (const [name, way] of Object.entries({ ...secureWays, ...upgradeWays })) {
      const { code } = await unseen(world, way, wish({ path: '/v2/x', headers }))
      expect([name, code, misused(world)]).to.deep.equal([name, 'path_not_allowed', 0])
    }
  })

  it('leaves in no body at another host', async () => {
    await using world = await open()
    for (const [name, way] of Object.entries(secureWays)) {
      const body = JSON.stringify({ note: `the key is ${dummyOf(world)}` })
      const { status, code } = await way(world, wish({ host: other, method: 'POST', body }))
      expect([name, status, code]).to.deep.equal([name, 403, 'dummy_misused'])
      expect(world.origin.bodyText).not.to.include(dummyOf(world))
    }
    expect(world.origin.seen).to.deep.equal([])
  })
})
