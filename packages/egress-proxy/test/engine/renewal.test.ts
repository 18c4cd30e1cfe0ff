import type { Credential } from '@caisson/core'
import { expect } from 'chai'
import type { EgressProxyOptions } from '../../dist/options.js'
import type { Answer } from '../support/origin.ts'
import { good, Proxied, statusOf } from '../support/proxied.ts'

const old = 'made-up-key-number-one'
const newer = 'made-up-key-number-two'

const credential: Credential = {
  source: { provider: 'vault' },
  carrier: { header: 'x-api-key' },
}

interface Outside {
  /** The key that the upstream takes. */
  readonly valid: string
  /** What the vault hands out, one after the other; the last again and again. */
  readonly handsOut: readonly string[]
  readonly body?: 'json'
}

function opened({ valid, handsOut, body }: Outside): Promise<Proxied> {
  const left = [...handsOut]
  const next = (): string => (left.length > 1 ? left.shift() : left[0]) ?? ''
  const providers: EgressProxyOptions['providers'] = { vault: () => ({ value: next() }) }
  const answer: Answer = (request, response, sent) => {
    const isGood = request.headers['x-api-key'] === valid
    response.statusCode = isGood ? 200 : 401
    response.end(isGood ? `took ${sent.toString()}` : 'no')
  }
  const judged = body === undefined ? {} : { body: { json: {} } }
  const rule = { host: good, methods: ['GET', 'POST'], identity: 'key', ...judged }
  return Proxied.open({
    network: { allow: [rule] },
    credentials: { key: credential },
    providers,
    answer,
  })
}

/** What comes of a request on a connection of its own. */
async function ask(world: Proxied, body?: string, type = 'application/json'): Promise<string> {
  const line = await world.intercepted()
  const fields =
    body === undefined ? '' : `content-type: ${type}\r\ncontent-length: ${body.length}\r\n`
  const method = body === undefined ? 'GET' : 'POST'
  line.send(
    `${method} / HTTP/1.1\r\nhost: ${good}\r\nconnection: close\r\n${fields}\r\n${body ?? ''}`,
  )
  return line.over()
}

const keysOf = (world: Proxied): unknown[] =>
  world.origin.seen.map(({ headers }) => headers['x-api-key'])

describe('a credential that an upstream no longer takes', () => {
  it('is had anew, and the request sent again', async () => {
    await using world = await opened({ valid: newer, handsOut: [old, newer] })
    expect(statusOf(await ask(world))).to.equal(200)
    expect(keysOf(world)).to.deep.equal([old, newer])
    expect(statusOf(await ask(world))).to.equal(200)
    expect(keysOf(world)).to.deep.equal([old, newer, newer])
  })

  it('is had anew for a body that was read whole, too', async () => {
    await using world = await opened({ valid: newer, handsOut: [old, newer], body: 'json' })
    expect(await ask(world, '{"a":1}')).to.match(/^HTTP\/1\.1 200[^]*took \{"a":1\}/)
    expect(keysOf(world)).to.deep.equal([old, newer])
  })

  it('is had anew, and a body that is gone is left to the client to send again', async () => {
    await using world = await opened({ valid: newer, handsOut: [old, newer] })
    const bytes = (): Promise<string> => ask(world, 'some bytes', 'application/octet-stream')
    expect(statusOf(await bytes())).to.equal(401)
    expect(await bytes()).to.match(/^HTTP\/1\.1 200[^]*took some bytes/)
    expect(keysOf(world)).to.deep.equal([old, newer])
  })

  it('is not tried a third time', async () => {
    await using world = await opened({
      valid: 'another',
      handsOut: [old, newer, 'a-third-made-up'],
    })
    expect(statusOf(await ask(world))).to.equal(401)
    expect(keysOf(world)).to.deep.equal([old, newer])
  })

  it('is not tried again where the source has no other', async () => {
    await using world = await opened({ valid: newer, handsOut: [old] })
    expect(statusOf(await ask(world))).to.equal(401)
    expect(statusOf(await ask(world))).to.equal(401)
    expect(keysOf(world)).to.deep.equal([old, old])
  })
})
