import { expect } from 'chai'
import type { ServerResponse } from 'node:http'
import { agreeing, serverFrame } from '../support/frames.ts'
import { kept, keyed, ruleFor, secret, wish } from '../support/keyed.ts'
import type { Answer } from '../support/origin.ts'
import { end, joined, keyOf, shows } from '../support/echoes.ts'
import { good, type Proxied, statusOf } from '../support/proxied.ts'
import { secureWays, sessionOver, upgradeWays } from '../support/ways.ts'

const asked = `GET /v1/x HTTP/1.1\r\nHost: ${good}\r\n\r\n`

describe('a secret that comes back beside a body', () => {
  it('is unreadable in what HEAD says', async () => {
    const answer: Answer = (request, response) =>
      end(response, '', { 'x-echo': keyOf(request), 'content-length': '700' })
    await using world = await keyed('key', { answer, rule: { methods: ['HEAD', 'GET'] } })
    const talk = await world.intercepted()
    const text = await talk
      .send(asked.replace('GET', 'HEAD'))
      .until((all) => all.includes('\r\n\r\n'))
    expect([statusOf(text), shows(text), text.includes('700')]).to.deep.equal([200, false, true])
    talk.destroy()
  })

  it('is unreadable for the host’s hook, too', async () => {
    const seen: unknown[] = []
    const hooks = {
      onRequest: (request: unknown) => void seen.push(request),
      onResponse: (request: unknown, response: unknown) => void seen.push(request, response),
    }
    const answer: Answer = (request, response) => end(response, '', { 'x-echo': keyOf(request) })
    await using world = await keyed('key', { answer, hooks })
    for (const way of Object.values(secureWays)) await way(world, wish())
    expect(seen.length).to.equal(18)
    expect(JSON.stringify(seen)).to.include('x-echo').and.not.include(secret)
  })

  it('stays outside with the session that it opened', async () => {
    const answer: Answer = (_request, response) => {
      response.setHeader('set-cookie', ['session=ours; Path=/', 'other=ours'])
      response.end('there')
    }
    for (const [identity, isShown] of [
      ['key', false],
      ['guest', true],
    ] as const)
      for (const [name, way] of Object.entries(secureWays)) {
        await using world = await keyed(identity, { answer })
        if (name.startsWith('HTTP/1')) {
          const { text } = await way(world, wish())
          expect([identity, text.includes('session=ours')]).to.deep.equal([identity, isShown])
        } else {
          const session = sessionOver(await world.interceptedSocket(good, ['h2']), good)
          const stream = session.request({ ':path': '/v1/x' })
          const head = await new Promise<object>((resolve) => stream.once('response', resolve))
          expect(JSON.stringify(head).includes('session=ours')).to.equal(isShown)
          session.destroy()
        }
      }
  })

  for (const [name, way] of Object.entries(upgradeWays))
    it(`is unreadable in the answer to a handshake: ${name}`, async () => {
      for (const identity of ['key', 'guest']) {
        await using world = await keyed(identity)
        agreeing(
          world.origin,
          (request) => `X-Echo: ${keyOf(request)}\r\nSet-Cookie: session=ours\r\n`,
        )
        const { status, text } = await way(world, wish())
        expect([status, shows(text)]).to.deep.equal([101, false])
        expect([identity, text.includes('session=ours')]).to.deep.equal([
          identity,
          identity === 'guest',
        ])
      }
    })

  it('is unreadable in a WebSocket, in text, however it is cut', async () => {
    await using world = await keyed('key')
    const sockets = agreeing(world.origin)
    const talk = await openWebSocket(world)
    for (let at = 0; at <= secret.length; at += 1) {
      talk.take()
      const socket = sockets[0]?.socket
      // One message in two frames, and one frame in two pieces.
      socket?.write(serverFrame(`<${secret.slice(0, at)}`, 0x01))
      const rest = serverFrame(`${secret.slice(at)}> ${at} end`, 0x80)
      socket?.write(rest.subarray(0, 3))
      await new Promise((resolve) => setImmediate(resolve))
      socket?.write(rest.subarray(3))
      const text = await talk.until((all) => all.includes(` ${at} end`))
      expect([at, shows(withoutHeads(text))]).to.deep.equal([at, false])
    }
    sockets[0]?.socket.write(serverFrame(`${secret} binary end`, 0x82))
    expect(shows(await talk.until((all) => all.includes('binary end')))).to.equal(false)
    talk.destroy()
  })

  it('is unreadable in what began before it was there: an answer that streams, and a WebSocket', async () => {
    const made = { count: 0 }
    const mine = (): { value: string } => ({ value: `${secret}-${(made.count += 1)}` })
    let stream: ServerResponse | null = null
    const answer: Answer = (request, response) => {
      if (request.url === '/v1/log') stream = response
      if (request.url === '/v1/log') response.write('log: ')
      else response.end('there')
    }
    const credentials = { key: { ...kept, source: { provider: 'mine' } } }
    await using world = await keyed('key', { credentials, providers: { mine }, answer })
    const sockets = agreeing(world.origin)
    const log = await world.intercepted()
    log.send(asked.replace('/v1/x', '/v1/log'))
    await log.until((text) => text.includes('log: '))
    const socket = await openWebSocket(world)
    await world.proxy.rotateCredential('key')
    const talk = await world.intercepted()
    await talk.send(asked).answer()
    const newest = String(world.origin.seen.at(-1)?.headers['x-api-key'])
    expect(newest).to.equal(`${secret}-2`)
    const half = (stream as ServerResponse | null) ?? undefined
    half?.write(newest.slice(0, 9))
    await log.until((text) => text.includes('log: '))
    half?.end(`${newest.slice(9)} end`)
    sockets[0]?.socket.write(serverFrame(`${newest} end`))
    const told = await log.until((text) => text.includes(' end'))
    const heard = await socket.until((text) => text.includes(' end'))
    for (const text of [joined(told), heard]) {
      expect([shows(text), text.includes('-2'), text.includes('redacted')]).to.deep.equal([
        false,
        false,
        true,
      ])
    }
    for (const one of [log, socket, talk]) one.destroy()
  })

  it('stays hidden when the rule that had it put in is gone', async () => {
    let held = ''
    const answer: Answer = (request, response) => {
      if (request.headers['x-api-key'] !== undefined) held = keyOf(request)
      response.end(held)
    }
    await using world = await keyed('key', { answer })
    const talk = await world.intercepted()
    expect(shows(await talk.send(asked).answer())).to.equal(false)
    await world.proxy.update({
      network: { allow: [ruleFor('anonymous')] },
      credentials: { key: kept },
    })
    expect(shows(await talk.send(asked).answer())).to.equal(false)
    expect(held).to.equal(secret)
    talk.destroy()
  })
})

async function openWebSocket(world: Proxied) {
  const talk = await world.intercepted()
  talk.send(
    `GET /v1/x HTTP/1.1\r\nHost: ${good}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  await talk.answer()
  return talk
}

/** The text of short frames, without what stands before each. */
function withoutHeads(text: string): string {
  let all = ''
  for (let at = 0; at < text.length;) {
    const length = text.charCodeAt(at + 1)
    all += text.slice(at + 2, at + 2 + length)
    at += 2 + length
  }
  return all
}
