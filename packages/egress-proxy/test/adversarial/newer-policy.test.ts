import { expect } from 'chai'
import { createServer, type AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import { connectTo, credentials, dial, Line } from '../support/client.ts'
import { clientHello } from '../support/hello.ts'
import { good, Proxied, refusalIn, settle, statusOf } from '../support/proxied.ts'
import { askHttp2, sessionOver } from '../support/ways.ts'

const nothing = { network: {} }

describe('a newer policy', () => {
  it('holds for the next request of a connection that is open', async () => {
    await using world = await Proxied.open()
    const talk = await world.intercepted()
    const asked = `GET / HTTP/1.1\r\nHost: ${good}\r\n\r\n`
    expect(statusOf(await talk.send(asked).answer())).to.equal(200)
    await world.proxy.update(nothing)
    expect(refusalIn(await talk.send(asked).answer())).to.equal('host_not_allowed')
    expect(talk.closed).to.equal(false)
    await world.proxy.update({ network: { allow: [good] } })
    expect(statusOf(await talk.send(asked).answer())).to.equal(200)
    expect(world.origin.seen).to.have.length(2)
    expect(world.decisions.map(({ policyVersion }) => policyVersion)).to.deep.equal([1, 1, 2, 3])
    talk.destroy()
  })

  it('holds for the next stream of HTTP/2', async () => {
    await using world = await Proxied.open()
    const session = sessionOver(await world.interceptedSocket(good, ['h2']), good)
    expect((await askHttp2(session, { method: 'GET', path: '/' })).status).to.equal(200)
    await world.proxy.update(nothing)
    const outcome = await askHttp2(session, { method: 'GET', path: '/' })
    expect([outcome.status, outcome.code]).to.deep.equal([403, 'host_not_allowed'])
    session.destroy()
  })

  it('closes idle upstream connections that it does not name', async () => {
    await using world = await Proxied.open()
    const talk = await world.intercepted()
    await talk.send(`GET / HTTP/1.1\r\nHost: ${good}\r\n\r\n`).answer()
    expect(world.origin.sockets.size).to.equal(1)
    await world.proxy.update(nothing)
    await settle(() => world.origin.sockets.size === 0)
    expect(world.origin.sockets.size).to.equal(0)
    talk.destroy()
  })

  for (const [why, network] of [
    ['bytes', { allow: [{ host: good, protocol: 'tcp', ports: [80] }] }],
    ['TLS', { allow: [{ host: good, tunnel: true }] }],
  ] as const) {
    it(`cuts a tunnel of ${why} that it does not allow, on both sides`, async () => {
      const ends: string[] = []
      const server = createServer((socket) => {
        socket.on('error', () => ends.push('reset'))
        socket.on('end', () => ends.push('end'))
        socket.on('data', (chunk) => socket.write(chunk))
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const at = `127.0.0.1:${(server.address() as AddressInfo).port}`
      await using world = await Proxied.open({
        network,
        hosts: { [`${good}:80`]: at, [`${good}:443`]: at },
      })
      const { socket } = await connectTo(world.door, `${good}:${why === 'TLS' ? 443 : 80}`)
      const talk = new Line(socket)
      const first = why === 'TLS' ? clientHello(good) : Buffer.from('ping')
      talk.send(first)
      await talk.until((text) => text.length >= first.length)
      // A policy that says the same leaves it alone.
      await world.proxy.update({ network })
      talk.take()
      talk.send('more')
      expect(await talk.until((text) => text.length >= 4)).to.equal('more')
      await world.proxy.update(nothing)
      expect(await talk.wasCut()).to.equal(true)
      await settle(() => ends.length > 0)
      expect(ends).to.deep.equal(['reset'])
      server.close()
    })
  }

  it('cuts a WebSocket that it does not allow', async () => {
    await using world = await Proxied.open({
      network: { allow: [{ host: good, websocket: true }] },
    })
    const server = new WebSocketServer({ server: world.origin.server as never })
    server.on('connection', (socket) =>
      socket.on('message', (data: Buffer) => socket.send(`echo ${data.toString()}`)),
    )
    const tunnel = await world.interceptedSocket(good)
    const client = new WebSocket(`ws://${good}/`, { createConnection: () => tunnel })
    client.on('error', () => undefined)
    await new Promise((resolve) => client.once('open', resolve))
    client.send('hi')
    const said = await new Promise((resolve) =>
      client.once('message', (data: Buffer) => resolve(data.toString())),
    )
    expect(said).to.equal('echo hi')
    const over = new Promise((resolve) => client.once('close', resolve))
    await world.proxy.update({ network: { allow: [good] } })
    expect(await over).to.equal(1006)
    server.close()
  })

  it('holds for what waits for a grant, whoever gives it', async () => {
    let grant: (granted: boolean) => void = () => undefined
    await using world = await Proxied.open({
      network: { ask: [{ host: good, protocol: 'tcp', ports: [80] }] },
      onAsk: () =>
        new Promise((resolve) => {
          grant = resolve
        }),
    })
    const socket = await dial(world.door)
    const talk = new Line(socket)
    talk.send(`CONNECT ${good}:80 HTTP/1.1\r\nHost: ${good}:80\r\n${credentials(world.door)}\r\n`)
    await settle(() => world.proxy.usage().openConnections === 1)
    await new Promise((resolve) => setImmediate(resolve))
    await settle(() => grant.length === 1)
    await world.proxy.update(nothing)
    grant(true)
    expect(statusOf(await talk.answer())).to.equal(403)
    expect(world.reached).to.equal(0)
    talk.destroy()
  })

  it('holds for what waits for its hook', async () => {
    let go: () => void = () => undefined
    await using world = await Proxied.open({
      hooks: {
        onRequest: () =>
          new Promise((resolve) => {
            go = () => resolve(undefined)
          }),
      },
    })
    const talk = await world.intercepted()
    const before = go
    talk.send(`GET / HTTP/1.1\r\nHost: ${good}\r\n\r\n`)
    await settle(() => go !== before)
    await world.proxy.update(nothing)
    go()
    expect(refusalIn(await talk.answer())).to.equal('host_not_allowed')
    expect(world.reached).to.equal(0)
    talk.destroy()
  })

  it('holds for what waits for its name to be looked up', async () => {
    let found: (answer: { addresses: string[]; ttlMs: null }) => void = () => undefined
    const network = {
      allow: [{ host: 'slow.good.test', protocol: 'tcp', ports: [80] }],
      addresses: { allow: ['127.0.0.0/8'] },
    } as const
    await using world = await Proxied.open({
      network,
      lookup: () =>
        new Promise((resolve) => {
          found = resolve
        }),
    })
    const socket = await dial(world.door)
    const talk = new Line(socket)
    talk.send(
      `CONNECT slow.good.test:80 HTTP/1.1\r\nHost: slow.good.test:80\r\n${credentials(world.door)}\r\n`,
    )
    await settle(() => world.lookups.length === 1)
    await world.proxy.update({ network: { addresses: { allow: ['127.0.0.0/8'] } } })
    found({ addresses: ['127.0.0.1'], ttlMs: null })
    expect(statusOf(await talk.answer())).to.be.within(403, 503)
    talk.destroy()
  })

  it('holds for a tunnel whose client waits with its handshake', async () => {
    const rule = { host: good, tunnel: true }
    await using world = await Proxied.open({ network: { allow: [rule] } })
    const late = new Line((await connectTo(world.door, `${good}:443`)).socket)
    await world.proxy.update({ network: { ask: [rule] } })
    late.send(clientHello(good))
    await settle(() => world.refused?.code === 'closed')
    expect(world.refused).to.include({ code: 'closed', host: good })
    // It was dialled, and nothing was sent.
    expect(world.proxy.usage().bytesOut).to.equal(0)
    late.destroy()
  })

  it('cuts a tunnel that has to be asked for now, but not one that was granted', async () => {
    const rule = { host: good, protocol: 'tcp', ports: [80] } as const
    await using world = await Proxied.open({ network: { allow: [rule] }, onAsk: () => true })
    const unasked = new Line((await connectTo(world.door, `${good}:80`)).socket)
    await world.proxy.update({ network: { ask: [rule] } })
    expect(await unasked.wasCut()).to.equal(true)
    const granted = new Line((await connectTo(world.door, `${good}:80`)).socket)
    await world.proxy.update({ network: { ask: [rule], deny: ['evil.test'] } })
    expect(await granted.send('GET /g HTTP/1.0\r\n\r\n').over()).to.contain('hello from /g')
    unasked.destroy()
    granted.destroy()
  })

  it('that is none changes nothing', async () => {
    await using world = await Proxied.open()
    for (const network of [
      { allow: ['*'] },
      { allow: [{ host: good, ports: [22] }] },
      { allw: [] } as object,
    ]) {
      const failed = await world.proxy.update({ network }).then(
        () => false,
        () => true,
      )
      expect(failed, JSON.stringify(network)).to.equal(true)
    }
    const talk = await world.intercepted()
    expect(statusOf(await talk.send(`GET / HTTP/1.1\r\nHost: ${good}\r\n\r\n`).answer())).to.equal(
      200,
    )
    expect(world.decisions.at(-1)?.policyVersion).to.equal(1)
    talk.destroy()
  })
})
