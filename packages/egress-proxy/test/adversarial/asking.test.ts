import { expect } from 'chai'
import { line, credentials } from '../support/client.ts'
import { good, Proxied, refusalIn, settle, statusOf } from '../support/proxied.ts'
import { askHttp2, secureWays, sessionOver } from '../support/ways.ts'
import type { EgressHooks } from '../../dist/engine/hooks.js'
import type { OnAsk } from '../../dist/engine/asker.js'

const wish = { host: good, port: 443, method: 'GET', path: '/x' } as const

describe('who is asked', () => {
  const answers: readonly [why: string, onAsk: OnAsk | undefined, code: string][] = [
    ['nobody', undefined, 'ask_missing'],
    ['somebody who says no', () => false, 'ask_denied'],
    ['somebody who says something else', () => 'yes' as never, 'ask_denied'],
    ['somebody who says 1', () => 1 as never, 'ask_denied'],
    [
      'somebody who throws',
      () => {
        throw new Error('secret')
      },
      'ask_failed',
    ],
    ['somebody who rejects', () => Promise.reject(new Error('secret')), 'ask_failed'],
    ['somebody who never answers', () => new Promise(() => undefined), 'ask_timeout'],
  ]
  for (const [why, onAsk, code] of answers) {
    it(`refuses when it is ${why}, by every way`, async () => {
      await using world = await Proxied.open({
        network: { ask: [good] },
        limits: { askMs: 30 },
        ...(onAsk === undefined ? {} : { onAsk }),
      })
      for (const [name, way] of Object.entries(secureWays)) {
        const outcome = await way(world, wish)
        expect([outcome.status, outcome.code], name).to.deep.equal([403, code])
        expect(outcome.text).to.not.contain('secret')
      }
      expect(world.reached).to.equal(0)
    })
  }

  it('grants a request, once for all that are equal, and no other', async () => {
    const asked: string[] = []
    await using world = await Proxied.open({
      network: { ask: [{ host: good, paths: ['/a/**'] }] },
      onAsk: ({ method, path, query, rule }) => {
        asked.push(`${method} ${path} ${JSON.stringify(query)} ${rule}`)
        return true
      },
    })
    const session = sessionOver(await world.interceptedSocket(good, ['h2']), good)
    const all = ['/a/1', '/a/1', '/a/1', '/a/2', '/a/1?q=1'].map((path) =>
      askHttp2(session, { method: 'GET', path }),
    )
    expect((await Promise.all(all)).map(({ status }) => status)).to.deep.equal([
      200, 200, 200, 200, 200,
    ])
    expect(asked).to.have.length(3)
    expect((await askHttp2(session, { method: 'GET', path: '/b' })).code).to.equal(
      'path_not_allowed',
    )
    expect(asked).to.have.length(3)
    session.destroy()
  })

  it('hears that a stream of HTTP/2 was given up', async () => {
    const signals: AbortSignal[] = []
    await using world = await Proxied.open({
      network: { ask: [good] },
      onAsk: ({ signal }) => {
        signals.push(signal)
        return new Promise(() => undefined)
      },
    })
    const session = sessionOver(await world.interceptedSocket(good, ['h2']), good)
    const stream = session.request({ ':path': '/x' })
    stream.on('error', () => undefined)
    await settle(() => signals.length === 1)
    stream.close(8)
    await settle(() => signals[0]?.aborted === true)
    expect(signals[0]?.aborted).to.equal(true)
    expect(world.reached).to.equal(0)
    session.destroy()
  })

  it('hears that an intercepted client left', async () => {
    const signals: AbortSignal[] = []
    await using world = await Proxied.open({
      network: { ask: [good] },
      onAsk: ({ signal }) => {
        signals.push(signal)
        return new Promise(() => undefined)
      },
    })
    const talk = await world.intercepted()
    talk.send(`GET / HTTP/1.1\r\nHost: ${good}\r\n\r\n`)
    await settle(() => signals.length === 1)
    talk.stream.end()
    await settle(() => signals[0]?.aborted === true)
    expect(signals[0]?.aborted).to.equal(true)
    expect(world.reached).to.equal(0)
    talk.destroy()
  })

  it('is asked about so many at a time, and no more', async () => {
    let asked = 0
    await using world = await Proxied.open({
      network: { ask: [good] },
      limits: { pendingAsks: 3 },
      onAsk: () => {
        asked += 1
        return new Promise(() => undefined)
      },
    })
    const session = sessionOver(await world.interceptedSocket(good, ['h2']), good)
    const outcomes = Array.from({ length: 10 }, (_none, at) =>
      askHttp2(session, { method: 'GET', path: `/${at}` }),
    )
    const early = await Promise.race(outcomes)
    expect(early.code).to.equal('ask_failed')
    expect(asked).to.equal(3)
    session.destroy()
    await Promise.all(outcomes)
  })
})

describe('hooks of the host application', () => {
  const answers: readonly [why: string, hooks: EgressHooks, code: string, reached: boolean][] = [
    ['refuses', { onRequest: () => ({ deny: 'not today' }) }, 'hook_denied', false],
    [
      'throws',
      {
        onRequest: () => {
          throw new Error('secret')
        },
      },
      'hook_failed',
      false,
    ],
    ['rejects', { onRequest: () => Promise.reject(new Error('secret')) }, 'hook_failed', false],
    ['never settles', { onRequest: () => new Promise(() => undefined) }, 'hook_failed', false],
    ['says true', { onRequest: () => true as never }, 'hook_failed', false],
    ['says null', { onRequest: () => null as never }, 'hook_failed', false],
    [
      'allows by another word',
      { onRequest: () => ({ allow: true }) as never },
      'hook_failed',
      false,
    ],
    ['refuses the answer', { onResponse: () => ({ deny: 'not that' }) }, 'hook_denied', true],
    [
      'throws at the answer',
      {
        onResponse: () => {
          throw new Error('secret')
        },
      },
      'hook_failed',
      true,
    ],
    [
      'never settles at the answer',
      { onResponse: () => new Promise(() => undefined) },
      'hook_failed',
      true,
    ],
  ]
  for (const [why, hooks, code, reached] of answers) {
    it(`refuse when one ${why}, by every way`, async () => {
      await using world = await Proxied.open({ hooks, limits: { hookMs: 30 } })
      for (const [name, way] of Object.entries(secureWays)) {
        const outcome = await way(world, wish)
        expect([outcome.status, outcome.code], name).to.deep.equal([403, code])
        expect(outcome.text).to.not.match(/secret|hello/)
      }
      expect(world.arrived > 0).to.equal(reached)
    })
  }

  it('are not asked about what the rules refuse', async () => {
    let asked = 0
    await using world = await Proxied.open({
      network: { allow: [{ host: good, paths: ['/a'] }] },
      hooks: {
        onRequest: () => {
          asked += 1
          return undefined
        },
      },
    })
    const talk = await world.intercepted()
    expect(
      refusalIn(await talk.send(`GET /b HTTP/1.1\r\nHost: ${good}\r\n\r\n`).answer()),
    ).to.equal('path_not_allowed')
    expect(asked).to.equal(0)
    expect(statusOf(await talk.send(`GET /a HTTP/1.1\r\nHost: ${good}\r\n\r\n`).answer())).to.equal(
      200,
    )
    expect(asked).to.equal(1)
    talk.destroy()
  })

  it('cannot have a request answered twice when its budget runs out meanwhile', async () => {
    let go: () => void = () => undefined
    await using world = await Proxied.open({
      network: { allow: [{ host: good, methods: ['POST'] }], budgets: { bytesPerRequest: 1000 } },
      answer: () => undefined,
      hooks: {
        onResponse: () =>
          new Promise((resolve) => {
            go = () => resolve(undefined)
          }),
      },
    })
    world.origin.server.on('stream', (stream: { respond(head: object): void }) =>
      stream.respond({ ':status': 200 }),
    )
    const session = sessionOver(await world.interceptedSocket(good, ['h2']), good)
    const before = go
    const stream = session.request({
      ':method': 'POST',
      ':path': '/',
      'content-type': 'application/octet-stream',
    })
    stream.on('error', () => undefined)
    const over = new Promise((resolve) => stream.once('close', resolve))
    stream.resume()
    stream.write('x'.repeat(100))
    await settle(() => go !== before)
    stream.write('x'.repeat(2000))
    await settle(() => world.refused !== undefined)
    expect(world.refused?.code).to.equal('budget_request')
    go()
    await over
    session.destroy()
  })
})

describe('control bytes', () => {
  it('come to no upstream, whatever field they are in', async () => {
    await using world = await Proxied.open({
      network: { allow: [{ host: good, protocol: 'http-plain', methods: ['GET', 'POST'] }] },
    })
    for (const byte of ['\0', '\x01', '\x08', '\x0a', '\x0b', '\x0c', '\x0d', '\x1f', '\x7f']) {
      for (const text of [
        `GET http://${good}/a${byte}b HTTP/1.1\r\nHost: ${good}\r\n`,
        `GET http://${good}/?a${byte}b HTTP/1.1\r\nHost: ${good}\r\n`,
        `G${byte}ET http://${good}/ HTTP/1.1\r\nHost: ${good}\r\n`,
        `GET http://${good}/ HTTP/1.1\r\nHost: ${good}${byte}\r\n`,
        `GET http://${good}/ HTTP/1.1\r\nHost: ${good}\r\nX${byte}: a\r\n`,
        `GET http://${good}/ HTTP/1.1\r\nHost: ${good}\r\nX: a${byte}b\r\n`,
      ]) {
        const talk = await line(world.door)
        talk.send(`${text}Connection: close\r\n${credentials(world.door)}\r\n`)
        expect(statusOf(await talk.over()), JSON.stringify(text)).to.be.oneOf([
          400, 403, 407, 421, 501,
        ])
        talk.destroy()
      }
    }
    expect(world.reached).to.equal(0)
  })

  it('that are escaped in a path stay escaped', async () => {
    await using world = await Proxied.open({
      network: { allow: [{ host: good, protocol: 'http-plain' }] },
    })
    const talk = await line(world.door)
    talk.send(
      `GET http://${good}/a%0d%0aX:%20y?b=%0a HTTP/1.1\r\nHost: ${good}\r\nConnection: close\r\n${credentials(world.door)}\r\n`,
    )
    const answer = await talk.over()
    if (statusOf(answer) === 200)
      expect(world.plain.seen[0]?.url).to.match(/^\/a%0d%0aX:%20y\?b=%0a$/i)
    else expect(world.reached).to.equal(0)
    talk.destroy()
  })
})
