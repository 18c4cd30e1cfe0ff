import { expect } from 'chai'
import { kept, keyed, secret, wish } from '../support/keyed.ts'
import type { Answer } from '../support/origin.ts'
import { good, type Proxied, settle, statusOf } from '../support/proxied.ts'
import { secureWays } from '../support/ways.ts'

const [first] = Object.values(secureWays)
if (first === undefined) throw new Error('no way')

/** A credential of which each call hands out another, and an origin that takes only those that it is told. */
function open(takes: (key: string) => boolean, more: Parameters<typeof keyed>[1] = {}) {
  const calls = { made: 0 }
  const mine = (): { value: string } => ({ value: `${secret}-${(calls.made += 1)}` })
  const answer: Answer = (request, response) => {
    const key = String(request.headers['x-api-key'])
    response.statusCode = takes(key) ? 200 : 401
    response.setHeader('www-authenticate', `Bearer error="${key}"`)
    response.end(`for ${key}`)
  }
  const credentials = { key: { ...kept, source: { provider: 'mine' } } }
  return { calls, world: keyed('key', { credentials, providers: { mine }, answer, ...more }) }
}

const keys = (world: Proxied): unknown[] =>
  world.origin.seen.map(({ headers }) => headers['x-api-key'])
const newest = (key: string): boolean => !key.endsWith('-1')
const json = [['content-type', 'application/json']] as const

describe('a credential that an upstream rejects', () => {
  for (const [name, way] of Object.entries(secureWays)) {
    it(`is had anew, and the request is sent once more: ${name}`, async () => {
      const { calls, world: opening } = open(newest)
      await using world = await opening
      const { status, text } = await way(world, wish())
      expect([status, calls.made, keys(world)]).to.deep.equal([
        200,
        2,
        [`${secret}-1`, `${secret}-2`],
      ])
      expect(text).not.to.include(secret)
      expect((await way(world, wish())).status).to.equal(200)
      expect([calls.made, world.origin.seen.length]).to.deep.equal([2, 3])
    })

    it(`is had anew once, and the client hears the rest: ${name}`, async () => {
      const { calls, world: opening } = open(() => false)
      await using world = await opening
      for (let turn = 0; turn < 4; turn += 1) {
        const { status, text } = await way(world, wish())
        expect([status, text.includes(secret)]).to.deep.equal([401, false])
      }
      // One more for the first; later ones ask nobody, for it was renewed a moment ago.
      expect([calls.made, world.origin.seen.length]).to.deep.equal([2, 5])
    })

    it(`is sent again with a body that was read whole: ${name}`, async () => {
      const { world: opening } = open(newest, { rule: { body: { json: {} } } })
      await using world = await opening
      const asked = wish({ method: 'POST', headers: json, body: '{"a":1}' })
      expect((await way(world, asked)).status).to.equal(200)
      expect(world.origin.seen.map(({ body }) => body)).to.deep.equal(['{"a":1}', '{"a":1}'])
    })

    it(`is not sent again with a body that went by: ${name}`, async () => {
      const { world: opening } = open(newest)
      await using world = await opening
      const asked = wish({
        method: 'POST',
        headers: [['content-type', 'application/octet-stream']],
        body: 'gone',
      })
      const { status, text } = await way(world, asked)
      expect([status, text.includes(secret)]).to.deep.equal([401, false])
      expect(world.origin.seen.map(({ body }) => body)).to.deep.equal(['gone'])
    })
  }

  it('is not had anew where the guest brings its own', async () => {
    const { calls, world: opening } = open(() => false)
    await using world = await opening
    await world.proxy.update({
      network: { allow: [{ host: good, identity: 'guest' }] },
      credentials: { key: { ...kept, source: { provider: 'mine' } } },
    })
    expect((await first(world, wish({ headers: [['x-api-key', 'mine']] }))).status).to.equal(401)
    expect([calls.made, keys(world)]).to.deep.equal([0, ['mine']])
  })

  it('is sent again only while a policy allows it', async () => {
    let go: () => void = () => undefined
    const answer: Answer = (_request, response) => {
      response.statusCode = 401
      go = () => response.end()
    }
    const { world: opening } = open(newest, { answer })
    await using world = await opening
    const talk = await world.intercepted()
    const before = go
    talk.send(`GET /v1/x HTTP/1.1\r\nHost: ${good}\r\n\r\n`)
    await settle(() => go !== before)
    const credentials = { key: { ...kept, source: { provider: 'mine' } } }
    await world.proxy.update({
      network: { allow: [{ host: good, identity: 'guest' }] },
      credentials,
    })
    go()
    expect([401, 403, 503]).to.include(statusOf(await talk.answer()))
    expect(keys(world)).to.deep.equal([`${secret}-1`])
    talk.destroy()
  })

  it('is not sent again by a client that has left', async () => {
    let made = 0
    let hand: (given: { value: string }) => void = () => undefined
    const mine = (): { value: string } | Promise<{ value: string }> => {
      made += 1
      if (made === 1) return { value: `${secret}-1` }
      return new Promise((resolve) => (hand = resolve))
    }
    const { world: opening } = open(newest, { providers: { mine } })
    await using world = await opening
    const talk = await world.intercepted()
    talk.send(`GET /v1/x HTTP/1.1\r\nHost: ${good}\r\n\r\n`)
    await settle(() => made === 2)
    talk.destroy()
    await settle(() => world.proxy.usage().openConnections === 0)
    hand({ value: `${secret}-2` })
    expect((await first(world, wish({ path: '/v1/later' }))).status).to.equal(200)
    expect(world.origin.seen.map(({ url }) => url)).to.deep.equal(['/v1/x', '/v1/later'])
  })

  it('by many at a time is had anew once', async () => {
    const { calls, world: opening } = open(newest)
    await using world = await opening
    const outcomes = await Promise.all(Array.from({ length: 12 }, () => first(world, wish())))
    for (const { status } of outcomes) expect([200, 401]).to.include(status)
    expect(calls.made).to.equal(2)
    expect((await first(world, wish())).status).to.equal(200)
  })
})
