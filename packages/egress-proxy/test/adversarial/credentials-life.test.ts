import { expect } from 'chai'
import { createSecureContext } from 'node:tls'
import type { Answer } from '../support/origin.ts'
import { agreeing, clientFrame, serverFrame } from '../support/frames.ts'
import { kept, keyed, ruleFor, secret, unseen, wish } from '../support/keyed.ts'
import { good, type Proxied, settle, statusOf } from '../support/proxied.ts'
import { askHttp2, secureWays, sessionOver, upgradeWays } from '../support/ways.ts'
import { MadeUpAuthority } from '../tls/made-up.ts'

type Provider = () =>
  { value: string; expiresAt?: number } | Promise<{ value: string; expiresAt?: number }>

/** A proxy whose credential a function hands out. */
function provided(mine: Provider, more: Parameters<typeof keyed>[1] = {}): Promise<Proxied> {
  const credentials = { key: { ...kept, source: { provider: 'mine' } } }
  return keyed('key', { credentials, providers: { mine }, ...more })
}

const everyWay = Object.entries({ ...secureWays, ...upgradeWays })
const [first] = Object.values(secureWays)
if (first === undefined) throw new Error('no way')
const asked = `GET /v1/x HTTP/1.1\r\nHost: ${good}\r\n\r\n`
const told = (world: Proxied): unknown[] =>
  world.origin.seen.map(({ headers }) => headers['x-api-key'])

/** A server that ends no handshake before it is told to. */
function gate() {
  const authority = new MadeUpAuthority()
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const at = { reached: false }
  return {
    at,
    open,
    options: {
      trust: authority.pem,
      server: {
        SNICallback: (
          host: string,
          done: (error: null, context: ReturnType<typeof createSecureContext>) => void,
        ) => {
          at.reached = true
          void opened.then(() => done(null, createSecureContext(authority.server({ host }))))
        },
      },
    },
  }
}

describe('a credential that cannot be had', () => {
  const bad: readonly [why: string, provider: unknown][] = [
    [
      'throws',
      () => {
        throw new Error(`leak ${secret}`)
      },
    ],
    ['fails', () => Promise.reject(new Error(`leak ${secret}`))],
    ['never answers', () => new Promise(() => undefined)],
    ['answers nothing', () => undefined],
    ['answers an empty text', () => ({ value: '' })],
    ['answers a number', () => ({ value: 5 })],
    ['answers two lines', () => ({ value: `${secret}\r\nx-injected: 1` })],
    ['answers what has expired', () => ({ value: secret, expiresAt: Date.now() - 1 })],
    ['answers what expires never in no way', () => ({ value: secret, expiresAt: Number.NaN })],
  ]
  for (const [name, way] of everyWay)
    it(`lets nothing leave in its place: ${name}`, async () => {
      for (const [why, provider] of bad) {
        await using world = await provided(provider as Provider, { limits: { credentialMs: 40 } })
        const { status, code, text } = await unseen(world, way, wish())
        expect([why, status, code]).to.deep.equal([why, 503, 'credential_unavailable'])
        expect(`${text} ${JSON.stringify([world.logs, world.decisions, world.alarms])}`, why)
          .not.to.include(secret)
          .and.not.include('leak')
        expect(world.alarms.map(({ kind }) => kind)).to.include('credential_failed')
      }
    }).timeout(20_000)

  it('is asked for once by a hundred requests, and again when it is over', async () => {
    let calls = 0
    let answer: (given: { value: string }) => void = () => undefined
    await using world = await provided(() => {
      calls += 1
      return new Promise((resolve) => {
        answer = resolve
      })
    })
    const session = sessionOver(await world.interceptedSocket(good, ['h2']), good)
    const waiting = Array.from({ length: 99 }, () =>
      askHttp2(session, { method: 'GET', path: '/v1/x' }),
    )
    const other = first(world, wish())
    await settle(() => calls > 0)
    await settle(() => world.decisions.filter(({ method }) => method === 'GET').length === 100)
    expect([calls, world.reached]).to.deep.equal([1, 0])
    answer({ value: secret })
    const outcomes = await Promise.all([...waiting, other])
    expect(new Set(outcomes.map(({ status }) => status))).to.deep.equal(new Set([200]))
    expect([calls, new Set(told(world)), world.origin.seen.length]).to.deep.equal([
      1,
      new Set([secret]),
      100,
    ])
    session.destroy()
  })

  it('makes Node.js warn of nothing, however many wait', async () => {
    const warnings: string[] = []
    const onWarning = ({ message }: Error): void => void warnings.push(message)
    process.on('warning', onWarning)
    let answer: (given: { value: string }) => void = () => undefined
    await using world = await provided(() => new Promise((resolve) => (answer = resolve)))
    const session = sessionOver(await world.interceptedSocket(good, ['h2']), good)
    const one = { method: 'GET', path: '/v1/x' }
    const waiting = Array.from({ length: 60 }, () => askHttp2(session, one))
    await settle(() => world.decisions.filter(({ method }) => method === 'GET').length === 60)
    answer({ value: secret })
    await Promise.all(waiting)
    process.off('warning', onWarning)
    expect(warnings).to.deep.equal([])
    session.destroy()
  })

  it('is not waited for by one who has left', async () => {
    let calls = 0
    let answer: (given: { value: string }) => void = () => undefined
    await using world = await provided(() => {
      calls += 1
      return new Promise((resolve) => {
        answer = resolve
      })
    })
    const talk = await world.intercepted()
    talk.send(asked)
    await settle(() => calls > 0)
    talk.destroy()
    await settle(() => world.proxy.usage().openConnections === 0)
    answer({ value: secret })
    expect((await first(world, wish({ path: '/v1/later' }))).status).to.equal(200)
    expect(world.origin.seen.map(({ url }) => url)).to.deep.equal(['/v1/later'])
  })
})

describe('a credential that ends', () => {
  it('while the upstream is dialled, is not sent', async () => {
    const shut = gate()
    const expiresAt = Date.now() + 400
    let calls = 0
    const mine = (): { value: string; expiresAt: number } => {
      calls += 1
      if (calls > 1) throw new Error('there is no other')
      return { value: secret, expiresAt }
    }
    await using world = await provided(mine, shut.options)
    const outcome = first(world, wish())
    await settle(() => shut.at.reached)
    await settle(() => Date.now() > expiresAt)
    shut.open()
    const { status, code } = await outcome
    expect([status, code, world.origin.begun]).to.deep.equal([503, 'credential_unavailable', 0])
  })

  for (const [how, act, code] of [
    [
      'is revoked',
      (world: Proxied) => world.proxy.revokeCredential('key'),
      'credential_unavailable',
    ],
    [
      'gives way to another by a newer policy',
      (world: Proxied) =>
        world.proxy.update({ network: { allow: [ruleFor('guest')] }, credentials: { key: kept } }),
      'closed',
    ],
  ] as const)
    it(`because it ${how}, is not sent, wherever the request is`, async () => {
      const shut = gate()
      await using world = await keyed('key', shut.options)
      const outcome = first(world, wish())
      await settle(() => shut.at.reached)
      await act(world)
      shut.open()
      const { status, code: said } = await outcome
      expect([status, world.origin.begun]).to.deep.equal([status, 0])
      expect([403, 503]).to.include(status)
      expect([code, 'credential_revoked']).to.include(said)
    })

  it('while the request waits for it, refuses that', async () => {
    let calls = 0
    await using world = await provided(() => {
      calls += 1
      return new Promise(() => undefined)
    })
    const outcome = first(world, wish())
    await settle(() => calls > 0)
    await world.proxy.revokeCredential('key')
    const { status, code } = await outcome
    expect([status, code, world.reached]).to.deep.equal([status, 'credential_revoked', 0])
  })

  for (const [name, way] of everyWay)
    it(`is not had again: ${name}`, async () => {
      await using world = await keyed('key')
      agreeing(world.origin)
      expect((await way(world, wish())).status).to.be.oneOf([200, 101])
      await world.proxy.revokeCredential('key')
      const before = world.origin.begun
      expect((await way(world, wish())).code).to.equal('credential_revoked')
      expect(world.origin.begun).to.equal(before)
    })

  it('is still hidden in an answer that streams', async () => {
    let go: () => void = () => undefined
    const answer: Answer = (_request, response) => {
      response.write('first ')
      go = () => response.end(`then ${secret} last`)
    }
    await using world = await keyed('key', { answer })
    const talk = await world.intercepted()
    talk.send(asked)
    await talk.until((text) => text.includes('first'))
    await world.proxy.revokeCredential('key')
    go()
    const text = await talk.until((all) => all.includes('0\r\n\r\n'))
    expect(text).to.include('last').and.include('redacted').and.not.include(secret)
    talk.destroy()
  })

  it('takes a WebSocket that was begun in its name along', async () => {
    await using world = await keyed('key')
    const sockets = agreeing(world.origin)
    const talk = await world.intercepted()
    talk.send(
      `GET /v1/x HTTP/1.1\r\nHost: ${good}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    )
    expect(statusOf(await talk.answer())).to.equal(101)
    talk.send(clientFrame('hi'))
    await settle(() => sockets[0]?.received.length === 1)
    sockets[0]?.socket.write(serverFrame('you'))
    await talk.until((text) => text.includes('you'))
    await world.proxy.revokeCredential('key')
    await talk.over()
    await settle(() => sockets[0]?.ended === true)
    expect(sockets[0]?.ended).to.equal(true)
  })

  it('by being rotated is another one in the next request, and both stay hidden', async () => {
    let calls = 0
    const mine = (): { value: string } => ({ value: `${secret}-${(calls += 1)}` })
    const answer: Answer = (_request, response) => void response.end(`${secret}-1 and ${secret}-2`)
    await using world = await provided(mine, { answer })
    const talk = await world.intercepted()
    expect(statusOf(await talk.send(asked).answer())).to.equal(200)
    await world.proxy.rotateCredential('key')
    const text = await talk.send(asked).answer()
    expect(told(world)).to.deep.equal([`${secret}-1`, `${secret}-2`])
    expect(text).not.to.include(secret)
    talk.destroy()
  })
})
