import { expect } from 'chai'
import { connectTo, credentials, Line, line } from '../support/client.ts'
import { good, Proxied, refusalIn, settle, statusOf } from '../support/proxied.ts'
import { askHttp2, sessionOver } from '../support/ways.ts'

const MiB = 1024 * 1024
const allow = [{ host: good, methods: ['GET', 'POST'] }]

describe('budgets at the proxy', () => {
  it('refuse a length that is announced before anything is dialled', async () => {
    await using world = await Proxied.open({
      network: { allow, budgets: { bytesPerRequest: MiB } },
    })
    const talk = await world.intercepted()
    talk.send(`POST /up HTTP/1.1\r\nHost: ${good}\r\nContent-Length: ${10 * MiB}\r\n\r\n`)
    const answer = await talk.answer()
    expect([statusOf(answer), refusalIn(answer)]).to.deep.equal([413, 'budget_request'])
    expect(world.reached).to.equal(0)
    talk.destroy()
  })

  it('cut a body of unknown length, so that its upstream never takes it for whole', async () => {
    await using world = await Proxied.open({
      network: { allow, budgets: { bytesPerRequest: MiB } },
    })
    const talk = await world.intercepted()
    talk.send(
      `POST /up HTTP/1.1\r\nHost: ${good}\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n`,
    )
    const chunk = Buffer.concat([
      Buffer.from('10000\r\n'),
      Buffer.alloc(65_536, 'x'),
      Buffer.from('\r\n'),
    ])
    for (let sent = 0; sent < 160; sent += 1) talk.send(chunk)
    talk.send('0\r\n\r\n')
    expect(refusalIn(await talk.answer())).to.equal('budget_request')
    await settle(() => world.origin.aborted === 1)
    expect(world.origin).to.include({ begun: 1, aborted: 1 })
    expect(world.origin.seen).to.deep.equal([])
    expect(world.origin.bodyBytes).to.be.at.most(MiB)
    expect(world.refused).to.include({
      code: 'budget_request',
      host: good,
      method: 'POST',
      path: '/up',
    })
    talk.destroy()
  })

  it('cut a body of HTTP/2, and leave the connection’s other streams alone', async () => {
    await using world = await Proxied.open({
      network: { allow, budgets: { bytesPerRequest: MiB } },
    })
    const session = sessionOver(await world.interceptedSocket(good, ['h2']), good)
    const body = 'x'.repeat(2 * MiB)
    const outcome = await askHttp2(session, {
      method: 'POST',
      path: '/up',
      headers: [['content-type', 'application/octet-stream']],
      body,
    })
    expect(outcome.code ?? 'cut').to.be.oneOf(['budget_request', 'cut'])
    await settle(() => world.origin.aborted === 1)
    expect(world.origin.aborted).to.equal(1)
    expect(world.origin.seen).to.deep.equal([])
    expect((await askHttp2(session, { method: 'GET', path: '/ok' })).status).to.equal(200)
    session.destroy()
  })

  it('count messages of gRPC, and cut a call that sends anything else', async () => {
    await using world = await Proxied.open({ network: { allow } })
    const call = (body: Buffer): string =>
      `POST /pkg.Svc/Call HTTP/1.1\r\nHost: ${good}\r\nContent-Type: application/grpc\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body.toString('latin1')}`
    const message = Buffer.from([0, 0, 0, 0, 2, 0x68, 0x69])
    const proper = await world.intercepted()
    expect(statusOf(await proper.send(call(message)).answer())).to.equal(200)
    proper.destroy()
    const stolen = await world.intercepted()
    const answer = await stolen.send(call(Buffer.from('root:x:0:0:root:/root'))).answer()
    expect(answer).to.contain('bad_request')
    expect(world.origin.seen.length).to.equal(1)
    stolen.destroy()
  })

  it('let the same upload through when they are wide enough', async () => {
    await using world = await Proxied.open({
      network: { allow, budgets: { bytesPerRequest: 3 * MiB } },
    })
    const talk = await world.intercepted()
    talk.send(
      `POST /up HTTP/1.1\r\nHost: ${good}\r\nContent-Length: ${2 * MiB}\r\n\r\n${'x'.repeat(2 * MiB)}`,
    )
    expect(statusOf(await talk.answer())).to.equal(200)
    expect(world.origin.seen[0]?.body.length).to.equal(2 * MiB)
    talk.destroy()
  })

  it('count what leaves in paths, queries and headers', async () => {
    await using urls = await Proxied.open({
      network: { allow, budgets: { urlBytesPerWindow: 1000 } },
    })
    const talk = await urls.intercepted()
    const long = `GET /?leak=${'x'.repeat(600)} HTTP/1.1\r\nHost: ${good}\r\n\r\n`
    expect(statusOf(await talk.send(long).answer())).to.equal(200)
    expect(refusalIn(await talk.send(long).answer())).to.equal('budget_url')
    talk.destroy()
    await using bytes = await Proxied.open({ network: { allow, budgets: { bytesTotal: 1500 } } })
    const second = await bytes.intercepted()
    const heavy = `GET / HTTP/1.1\r\nHost: ${good}\r\nX-Leak: ${'x'.repeat(800)}\r\n\r\n`
    expect(statusOf(await second.send(heavy).answer())).to.equal(200)
    expect(refusalIn(await second.send(heavy).answer())).to.equal('budget_total')
    second.destroy()
  })

  it('cut a tunnel before the bytes that are too many', async () => {
    await using world = await Proxied.open({
      network: {
        allow: [{ host: good, protocol: 'tcp', ports: [80] }],
        budgets: { bytesTotal: 1000 },
      },
    })
    const { socket } = await connectTo(world.door, `${good}:80`)
    const talk = new Line(socket)
    talk.send(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n`)
    await settle(() => world.plain.begun === 1)
    talk.send('x'.repeat(2000))
    expect(await talk.wasCut()).to.equal(true)
    await settle(() => world.plain.aborted === 1)
    expect(world.plain.bodyBytes).to.equal(0)
    expect(world.refused?.code).to.equal('budget_total')
  })

  it('bound how many tunnels, names and requests there are', async () => {
    await using tunnels = await Proxied.open({
      network: {
        allow: [{ host: good, protocol: 'tcp', ports: [80] }],
        budgets: { openTunnels: 2 },
      },
    })
    const open = [
      await connectTo(tunnels.door, `${good}:80`),
      await connectTo(tunnels.door, `${good}:80`),
    ]
    const third = await connectTo(tunnels.door, `${good}:80`)
    expect([third.status, refusalIn(third.text)]).to.deep.equal([429, 'too_many_tunnels'])
    for (const { socket } of [...open, third]) socket.destroy()
    await settle(() => tunnels.proxy.usage().openConnections === 0)
    const fourth = await connectTo(tunnels.door, `${good}:80`)
    expect(fourth.status).to.equal(200)
    fourth.socket.destroy()

    await using names = await Proxied.open({
      network: { allow: ['*.wild.test'], budgets: { distinctNames: 3 } },
    })
    const statuses: number[] = []
    for (const label of ['a', 'b', 'c', 'd', 'a']) {
      const { status, socket } = await connectTo(names.door, `${label}.wild.test:443`)
      statuses.push(status)
      socket.destroy()
    }
    expect(statuses).to.deep.equal([200, 200, 200, 429, 200])

    await using requests = await Proxied.open({
      network: { allow, budgets: { requestsPerSecond: 2 } },
    })
    const talk = await requests.intercepted()
    const seen: number[] = []
    for (let sent = 0; sent < 4; sent += 1)
      seen.push(statusOf(await talk.send(`GET / HTTP/1.1\r\nHost: ${good}\r\n\r\n`).answer()))
    expect(seen).to.include(429)
    expect(seen[0]).to.equal(200)
    talk.destroy()
  })

  it('are those of one sandbox, and not of its neighbour', async () => {
    const network = { allow, budgets: { bytesTotal: 700 } }
    await using mine = await Proxied.open({ network })
    await using other = await Proxied.open({ network })
    const asked = `GET / HTTP/1.1\r\nHost: ${good}\r\nX: ${'x'.repeat(500)}\r\n\r\n`
    const first = await mine.intercepted()
    await first.send(asked).answer()
    expect(refusalIn(await first.send(asked).answer())).to.equal('budget_total')
    const second = await other.intercepted()
    expect(statusOf(await second.send(asked).answer())).to.equal(200)
    first.destroy()
    second.destroy()
  })

  it('keep what was used when a newer policy comes', async () => {
    await using world = await Proxied.open({ network: { allow, budgets: { bytesTotal: 700 } } })
    const asked = `GET / HTTP/1.1\r\nHost: ${good}\r\nX: ${'x'.repeat(500)}\r\n\r\n`
    const talk = await world.intercepted()
    await talk.send(asked).answer()
    await world.proxy.update({ network: { allow, budgets: { bytesTotal: 701 } } })
    expect(refusalIn(await talk.send(asked).answer())).to.equal('budget_total')
    talk.destroy()
  })
})

describe('waiting', () => {
  it('for a header ends', async () => {
    await using world = await Proxied.open({
      limits: { headersMs: 50, idleMs: 100, greetingMs: 50 },
    })
    const door = await line(world.door)
    expect(await door.over()).to.equal('')
    const slow = await line(world.door)
    const answer = await slow.send(`GET http://${good}/ HTTP/1.1\r\nHost: ${good}\r\n`).over()
    expect(statusOf(answer)).to.equal(408)
    const inside = await world.intercepted()
    expect(statusOf(await inside.send('GET / HTTP/1.1\r\n').over())).to.equal(408)
    expect(world.reached).to.equal(0)
    for (const one of [door, slow, inside]) one.destroy()
  })

  it('on an idle connection or tunnel ends', async () => {
    await using world = await Proxied.open({
      network: { allow: [good, { host: good, protocol: 'tcp', ports: [80] }] },
      limits: { idleMs: 100 },
    })
    const inside = await world.intercepted()
    await inside.send(`GET / HTTP/1.1\r\nHost: ${good}\r\n\r\n`).answer()
    expect(await inside.over()).to.equal('')
    inside.destroy()
    const { socket } = await connectTo(world.door, `${good}:80`)
    expect(await new Line(socket).over()).to.equal('')
    await settle(() => world.proxy.usage().openConnections === 0)
    expect(world.proxy.usage().openConnections).to.equal(0)
    await settle(() => world.plain.sockets.size === 0)
    expect(world.plain.sockets.size).to.equal(0)
  })

  it('for an upstream that never answers ends', async () => {
    await using world = await Proxied.open({ limits: { responseMs: 100 }, answer: () => undefined })
    const talk = await world.intercepted()
    const answer = await talk.send(`GET / HTTP/1.1\r\nHost: ${good}\r\n\r\n`).answer()
    expect([statusOf(answer), refusalIn(answer)]).to.deep.equal([504, 'upstream_timeout'])
    talk.destroy()
    const session = sessionOver(await world.interceptedSocket(good, ['h2']), good)
    expect((await askHttp2(session, { method: 'GET', path: '/' })).code).to.equal(
      'upstream_timeout',
    )
    session.destroy()
  })

  it('for the rest of an answer ends', async () => {
    await using world = await Proxied.open({
      limits: { idleMs: 150 },
      answer: (_request, response) => {
        response.writeHead(200, { 'content-length': '100' })
        response.write('some')
      },
    })
    const talk = await world.intercepted()
    talk.send(`GET / HTTP/1.1\r\nHost: ${good}\r\n\r\n`)
    expect(await talk.over()).to.contain('some')
    await settle(() => world.origin.sockets.size === 0)
    expect(world.origin.sockets.size).to.equal(0)
    talk.destroy()
  })

  it('for a handshake ends', async () => {
    await using world = await Proxied.open({ limits: { clientHelloMs: 50, tlsMs: 50 } })
    for (const begun of ['', '\x16', '\x16\x03\x01\x02\x00\x01']) {
      const { socket } = await connectTo(world.door, `${good}:443`)
      const talk = new Line(socket)
      if (begun !== '') talk.send(begun)
      await talk.over()
      talk.destroy()
    }
    await settle(() => world.proxy.usage().openConnections === 0)
    expect(world.proxy.usage().openConnections).to.equal(0)
  })

  it('for room is not done: connections beyond the bound are ended, and a neighbour is served', async () => {
    await using greedy = await Proxied.open({ limits: { connections: 20 } })
    await using other = await Proxied.open()
    const lines: Line[] = []
    for (let count = 0; count < 300; count += 1) lines.push(await line(greedy.door))
    await settle(() => lines.filter(({ closed, ended }) => closed || ended).length === 280)
    expect(greedy.proxy.usage().openConnections).to.equal(20)
    const talk = await other.intercepted()
    expect(statusOf(await talk.send(`GET / HTTP/1.1\r\nHost: ${good}\r\n\r\n`).answer())).to.equal(
      200,
    )
    talk.destroy()
    for (const one of lines) one.destroy()
    await settle(() => greedy.proxy.usage().openConnections === 0)
    const again = await line(greedy.door)
    again.send(`GET http://${good}/ HTTP/1.1\r\nHost: ${good}\r\n${credentials(greedy.door)}\r\n`)
    expect(statusOf(await again.answer())).to.equal(403)
    again.destroy()
  })
})
