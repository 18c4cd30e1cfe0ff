import { expect } from 'chai'
import { createSecureContext } from 'node:tls'
import { keyed, ruleFor, secret, wish } from '../support/keyed.ts'
import { good, type Proxied, refusalIn } from '../support/proxied.ts'
import { secureWays, upgradeWays } from '../support/ways.ts'
import { MadeUpAuthority } from '../tls/made-up.ts'

const everyWay = Object.entries({ ...secureWays, ...upgradeWays })
const [first] = Object.values(secureWays)
if (first === undefined) throw new Error('no way')
const told = (world: Proxied): unknown[] =>
  world.origin.seen.map(({ headers }) => headers['x-api-key'])

describe('a credential and whoever answers', () => {
  const authority = new MadeUpAuthority()
  const strange: readonly [why: string, made: () => { cert: string; key: string }][] = [
    ['whose certificate has expired', () => authority.server({ host: good, to: -0.5 })],
    ['whose certificate is not valid yet', () => authority.server({ host: good, from: 1 })],
    ['whose certificate is for another name', () => authority.server({ host: 'other.good.test' })],
    ['who signed for itself', () => authority.selfSigned(good)],
    ['whom nobody vouches for', () => new MadeUpAuthority().server({ host: good })],
  ]
  for (const [why, made] of strange)
    it(`is never sent to one ${why}`, async () => {
      const server = (pair: { cert: string; key: string }) => ({
        SNICallback: (
          _name: string,
          done: (error: null, context: ReturnType<typeof createSecureContext>) => void,
        ) => done(null, createSecureContext(pair)),
      })
      const data: Buffer[] = []
      await using world = await keyed('key', { trust: authority.pem, server: server(made()) })
      world.origin.server.on('secureConnection', (socket: NodeJS.ReadableStream) => {
        socket.on('data', (chunk: Buffer) => data.push(chunk))
      })
      for (const [name, way] of everyWay) {
        const { status, text } = await way(world, wish())
        expect([name, status]).to.deep.equal([name, 502])
        expect(text).not.to.include(secret)
      }
      expect([world.origin.begun, data.length]).to.deep.equal([0, 0])
      const right = server(authority.server({ host: good }))
      await using trusted = await keyed('key', { trust: authority.pem, server: right })
      expect((await first(trusted, wish())).status).to.equal(200)
      expect(told(trusted)).to.deep.equal([secret])
    })

  it('is never sent to one who speaks no TLS', async () => {
    await using plain = await keyed('key')
    const hosts = { [`${good}:443`]: plain.plain.address }
    await using world = await keyed('key', { hosts })
    const bytes: Buffer[] = []
    plain.plain.server.on('connection', (socket: NodeJS.ReadableStream) => {
      socket.on('data', (chunk: Buffer) => bytes.push(chunk))
    })
    for (const [name, way] of everyWay)
      expect([name, (await way(world, wish())).status]).to.deep.equal([name, 502])
    expect([plain.plain.begun, Buffer.concat(bytes).includes(secret)]).to.deep.equal([0, false])
  })

  it('of mutual TLS is shown where its rule says so, and nowhere else', async () => {
    const { cert, key } = authority.server({ host: 'client.test' })
    const credentials = {
      key: { source: { static: `${cert}${key}` }, carrier: { mtls: true } },
    } as const
    const network = {
      allow: [ruleFor('key', { paths: ['/own'] }), ruleFor('anonymous', { paths: ['/open'] })],
    }
    const server = { requestCert: true, rejectUnauthorized: false }
    await using world = await keyed('key', { credentials, network, server })
    for (const way of Object.values(secureWays))
      for (const path of ['/own', '/open', '/own']) {
        expect((await way(world, wish({ path }))).status).to.equal(200)
        const seen = world.origin.seen.at(-1)
        expect([path, seen?.client]).to.deep.equal([path, path === '/own' ? 'client.test' : null])
      }
    expect(refusalIn((await first(world, wish({ path: '/other' }))).text)).to.equal(
      'path_not_allowed',
    )
  })

  it('of mutual TLS is shown as it is now, its key the same or another', async () => {
    const other = new MadeUpAuthority()
    const pem = (from: MadeUpAuthority, host: string): string => {
      const { cert, key } = from.server({ host })
      return `${cert}${key}`
    }
    // The second has the key of the first, and the fourth is the first again.
    const old = pem(authority, 'one.test')
    const secrets = [old, pem(authority, 'two.test'), pem(other, 'three.test'), old]
    const mine = (): { value: string } => ({ value: secrets.shift() ?? '' })
    const credentials = { key: { source: { provider: 'mine' }, carrier: { mtls: true } } } as const
    const server = { requestCert: true, rejectUnauthorized: false }
    for (const way of Object.values(secureWays).slice(0, 2)) {
      secrets.splice(0, 4, old, pem(authority, 'two.test'), pem(other, 'three.test'), old)
      await using world = await keyed('key', { credentials, providers: { mine }, server })
      for (const name of ['one.test', 'two.test', 'three.test', 'one.test']) {
        expect((await way(world, wish())).status).to.equal(200)
        expect(world.origin.seen.at(-1)?.client).to.equal(name)
        await world.proxy.rotateCredential('key')
      }
    }
  })
})
