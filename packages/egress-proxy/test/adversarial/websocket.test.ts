import { expect } from 'chai'
import { createHash } from 'node:crypto'
import { type Server, type AddressInfo, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer } from 'node:tls'
import { WebSocket, WebSocketServer } from 'ws'
import { createTestAuthority } from '../../dist/testing.js'
import { good, Proxied, refusalIn, settle, statusOf } from '../support/proxied.ts'

const key = 'dGhlIHNhbXBsZSBub25jZQ=='
const accept = createHash('sha1')
  .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
  .digest('base64')
const asked = (more = ''): string =>
  `GET /ws HTTP/1.1\r\nHost: ${good}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n${more}\r\n`
const agreed = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n`

/** A masked text frame. */
function frame(text: string, first = 0x81): Buffer {
  return Buffer.concat([Buffer.from([first, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)])
}

/** An origin that answers a request with bytes, whatever it is. */
async function rawOrigin(onRequest: (socket: Duplex, head: string) => void) {
  const authority = createTestAuthority()
  const server: Server = createTlsServer({
    SNICallback: (name, done) => done(null, authority.contextFor(name)),
  })
  const sockets = new Set<Socket>()
  server.on('secureConnection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    let head = ''
    const onData = (chunk: Buffer): void => {
      head += chunk.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      socket.off('data', onData)
      onRequest(socket, head)
    }
    socket.on('data', onData)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    options: {
      trust: authority.certificate,
      hosts: { [`${good}:443`]: `127.0.0.1:${(server.address() as AddressInfo).port}` },
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

const network = { allow: [{ host: good, websocket: true }] }

describe('a WebSocket', () => {
  it('is refused where the rule does not say it', async () => {
    await using world = await Proxied.open()
    const talk = await world.intercepted()
    const answer = await talk.send(asked()).answer()
    expect([statusOf(answer), refusalIn(answer)]).to.deep.equal([403, 'websocket_not_allowed'])
    expect(world.reached).to.equal(0)
    talk.destroy()
  })

  it('carries messages where it does, without extensions, and counts them', async () => {
    await using world = await Proxied.open({ network })
    const server = new WebSocketServer({
      server: world.origin.server as never,
      perMessageDeflate: true,
    })
    server.on('connection', (socket) => socket.on('message', (data) => socket.send(data)))
    const socket = await world.interceptedSocket(good)
    const client = new WebSocket(`ws://${good}/ws`, { createConnection: () => socket })
    await new Promise((resolve) => client.once('open', resolve))
    expect(client.extensions).to.equal('')
    const before = world.proxy.usage().bytesOut
    client.send('x'.repeat(70_000))
    const echoed = await new Promise<Buffer>((resolve) => client.once('message', resolve))
    expect(echoed.length).to.equal(70_000)
    expect(world.proxy.usage().bytesOut - before).to.be.at.least(70_000)
    client.terminate()
    server.close()
  })

  it('is told in the trail with all that it carried, when it is over', async () => {
    const lines: string[] = []
    const audit = { write: (text: string) => void lines.push(...text.trim().split('\n')) }
    await using world = await Proxied.open({ network, audit })
    const server = new WebSocketServer({ server: world.origin.server as never })
    server.on('connection', (socket) => socket.on('message', () => socket.close()))
    const socket = await world.interceptedSocket(good)
    const client = new WebSocket(`ws://${good}/ws`, { createConnection: () => socket })
    client.once('open', () => client.send('x'.repeat(70_000)))
    await new Promise((resolve) => client.once('close', resolve))
    await world.proxy.close()
    const told = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ type, status }) => type === 'finished' && status === 101)
    expect(told.length).to.equal(1)
    expect(told[0]?.['bytesOut']).to.be.at.least(70_000)
    server.close()
  })

  const broken: readonly [why: string, bytes: Buffer][] = [
    ['an unmasked frame', Buffer.from([0x81, 2, 0x68, 0x69])],
    ['a reserved bit', frame('hi', 0xc1)],
    ['a reserved opcode', frame('hi', 0x83)],
    ['HTTP', Buffer.from(`GET /other HTTP/1.1\r\nHost: ${good}\r\n\r\n`)],
    ['SSH', Buffer.from('SSH-2.0-OpenSSH\r\n')],
    ['a continuation of nothing', frame('hi', 0x80)],
    ['a frame behind a close', Buffer.concat([frame('', 0x88), frame('hi')])],
  ]
  for (const [why, bytes] of broken) {
    it(`is cut by ${why}, of which the origin sees nothing whole`, async () => {
      const seen: Buffer[] = []
      const origin = await rawOrigin((socket) => {
        socket.on('data', (chunk: Buffer) => seen.push(chunk))
        socket.write(`${agreed}\r\n`)
      })
      await using world = await Proxied.open({ network, ...origin.options })
      const talk = await world.intercepted()
      expect(statusOf(await talk.send(asked()).answer())).to.equal(101)
      talk.send(frame('ok'))
      await settle(() => Buffer.concat(seen).length === frame('ok').length)
      talk.send(bytes)
      await talk.wasCut()
      expect(Buffer.concat(seen)).to.deep.equal(frame('ok'))
      talk.destroy()
      origin.close()
    })
  }

  const answers: readonly [why: string, text: string][] = [
    ['another key', agreed.replace(accept, 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=')],
    ['no key', agreed.replace(`Sec-WebSocket-Accept: ${accept}\r\n`, '')],
    ['an extension', `${agreed}Sec-WebSocket-Extensions: permessage-deflate\r\n`],
    ['a protocol that nobody offered', `${agreed}Sec-WebSocket-Protocol: ssh\r\n`],
    ['another protocol', agreed.replace('Upgrade: websocket', 'Upgrade: h2c')],
  ]
  for (const [why, text] of answers) {
    it(`does not begin when the upstream answers with ${why}`, async () => {
      const origin = await rawOrigin((socket) => socket.write(`${text}\r\n`))
      await using world = await Proxied.open({ network, ...origin.options })
      const talk = await world.intercepted()
      expect(statusOf(await talk.send(asked()).answer())).to.equal(502)
      talk.destroy()
      origin.close()
    })
  }

  it('does not begin when the upstream changes its protocol unasked', async () => {
    const origin = await rawOrigin((socket) => socket.write(`${agreed}\r\n`))
    await using world = await Proxied.open({ network, ...origin.options })
    const talk = await world.intercepted()
    expect(statusOf(await talk.send(`GET / HTTP/1.1\r\nHost: ${good}\r\n\r\n`).answer())).to.equal(
      502,
    )
    talk.destroy()
    origin.close()
  })

  for (const [why, bad] of [
    ['two keys', asked(`Sec-WebSocket-Key: ${key}\r\n`)],
    ['a short key', asked().replace(key, 'AAAA')],
    ['another version', asked().replace('Version: 13', 'Version: 8')],
    ['POST', asked().replace('GET', 'POST')],
    ['a malformed list of protocols', asked('Sec-WebSocket-Protocol: a,,b\r\n')],
  ] as const) {
    it(`does not begin with ${why}`, async () => {
      await using world = await Proxied.open({ network })
      const talk = await world.intercepted()
      expect(statusOf(await talk.send(bad).answer())).to.be.oneOf([200, 400, 403, 405])
      for (const { headers } of world.origin.seen) expect(headers).to.not.have.property('upgrade')
      talk.destroy()
    })
  }

  it('is cut when a budget is used up, before the frame that is too much', async () => {
    const seen: Buffer[] = []
    const origin = await rawOrigin((socket) => {
      socket.on('data', (chunk: Buffer) => seen.push(chunk))
      socket.write(`${agreed}\r\n`)
    })
    await using world = await Proxied.open({
      network: { ...network, budgets: { bytesTotal: 600 } },
      ...origin.options,
    })
    const talk = await world.intercepted()
    await talk.send(asked()).answer()
    for (let sent = 0; sent < 20; sent += 1) talk.send(frame('x'.repeat(100)))
    await talk.wasCut()
    expect(Buffer.concat(seen).length).to.be.below(600)
    expect(world.refused?.code).to.equal('budget_total')
    talk.destroy()
    origin.close()
  })
})
