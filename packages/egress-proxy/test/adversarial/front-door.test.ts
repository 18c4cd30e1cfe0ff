import { expect } from 'chai'
import {
  connectTo,
  converse,
  credentials,
  dial,
  line,
  Line,
  secure,
  socksTo,
} from '../support/client.ts'
import { good, Proxied, refusalIn, settle, statusOf } from '../support/proxied.ts'

describe('the proxy door', () => {
  const wrong: readonly [why: string, field: string][] = [
    ['no token', ''],
    ['a wrong token', `Proxy-Authorization: Basic ${btoa('caisson:nonsense')}\r\n`],
    ['another user', `Proxy-Authorization: Basic ${btoa('root:nonsense')}\r\n`],
    ['another scheme', 'Proxy-Authorization: Bearer nonsense\r\n'],
    ['nothing behind the scheme', 'Proxy-Authorization: Basic\r\n'],
  ]
  for (const [why, field] of wrong) {
    it(`answers 407 to ${why}, and looks nothing up`, async () => {
      await using world = await Proxied.open({ network: { allow: ['other.good.test'] } })
      const asked = `CONNECT other.good.test:443 HTTP/1.1\r\nHost: other.good.test:443\r\nConnection: close\r\n${field}\r\n`
      const text = await converse(world.door, asked)
      expect(statusOf(text)).to.equal(407)
      expect(text).to.match(/proxy-authenticate: Basic/i)
      expect(world.lookups).to.deep.equal([])
      expect(world.reached).to.equal(0)
      expect(world.refused?.code).to.equal('unauthorized')
    })
  }

  it('answers the same to no token and to the token of another sandbox', async () => {
    await using mine = await Proxied.open()
    await using other = await Proxied.open()
    const asked = (field: string): string =>
      `GET http://${good}/ HTTP/1.1\r\nHost: ${good}\r\nConnection: close\r\n${field}\r\n`
    const none = await converse(mine.door, asked(''))
    const foreign = await converse(mine.door, asked(credentials(other.door)))
    expect(statusOf(foreign)).to.equal(407)
    expect(foreign).to.equal(none)
    const own = await connectTo(mine.door, `${good}:443`)
    expect(own.status).to.equal(200)
    own.socket.destroy()
  })

  it('refuses a token that comes twice', async () => {
    await using world = await Proxied.open()
    const field = credentials(world.door)
    const text = await converse(
      world.door,
      `CONNECT ${good}:443 HTTP/1.1\r\nHost: ${good}:443\r\nConnection: close\r\n${field}${field}\r\n`,
    )
    expect(statusOf(text)).to.be.oneOf([400, 407])
    expect(world.reached).to.equal(0)
  })

  it('never passes the token on', async () => {
    await using world = await Proxied.open({
      network: { allow: [{ host: good, protocol: 'http-plain' }] },
    })
    const text = await converse(
      world.door,
      `GET http://${good}/a HTTP/1.1\r\nHost: ${good}\r\nConnection: close\r\n${credentials(world.door)}\r\n`,
    )
    expect(text).to.contain('hello from /a')
    expect(JSON.stringify(world.plain.seen)).not.to.match(/proxy-|basic/i)
  })

  const connects: readonly [why: string, head: string][] = [
    ['a body of a length', 'Content-Length: 3\r\n\r\nabc'],
    ['a body in chunks', 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'],
    ['both', 'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ]
  for (const [why, rest] of connects) {
    it(`refuses a CONNECT with ${why}`, async () => {
      await using world = await Proxied.open()
      const head = `CONNECT ${good}:443 HTTP/1.1\r\nHost: ${good}:443\r\n${credentials(world.door)}`
      const text = await converse(world.door, head + rest)
      expect(statusOf(text)).to.equal(400)
      expect(world.reached).to.equal(0)
      expect(world.refused?.code).to.equal('bad_request')
    })
  }

  const targets: readonly [target: string, code: string][] = [
    ['evil.test:443', 'host_not_allowed'],
    [`${good}:22`, 'port_not_allowed'],
    [`${good}:8443`, 'port_not_allowed'],
    [`${good}..:443`, 'bad_name'],
    [`x.${good}:443`, 'host_not_allowed'],
    [`x${good}:443`, 'host_not_allowed'],
    ['good.test:443', 'host_not_allowed'],
    ['127.0.0.1:443', 'address_literal'],
    ['[::1]:443', 'address_literal'],
    ['[::ffff:127.0.0.1]:443', 'address_literal'],
    ['0x7f000001:443', 'bad_name'],
    ['2130706433:443', 'bad_name'],
    ['127.1:443', 'bad_name'],
    [`${good}:0`, 'bad_name'],
    [`${good}:65979`, 'bad_name'],
    [`${good}:0443`, 'bad_name'],
    [`${good}:+443`, 'bad_name'],
    [good, 'bad_name'],
    [`user@${good}:443`, 'bad_request'],
    [`${good}:443@evil.test:443`, 'bad_request'],
    [`evil.test#.${good}:443`, 'bad_request'],
    [`evil.test%00.${good}:443`, 'bad_name'],
    [`evil.test\\.${good}:443`, 'bad_request'],
    [`-${good}:443`, 'bad_name'],
    [`${'a'.repeat(64)}.good.test:443`, 'bad_name'],
  ]
  for (const [target, code] of targets) {
    it(`refuses a tunnel to ${target.slice(0, 40)} with ${code}, and looks nothing up`, async () => {
      await using world = await Proxied.open()
      const { status, text, socket } = await connectTo(world.door, target)
      socket.destroy()
      expect(status).to.be.within(400, 421)
      expect(refusalIn(text) ?? 'bad_name').to.equal(code)
      expect(world.lookups).to.deep.equal([])
      expect(world.reached).to.equal(0)
      expect(world.refused?.verdict).to.equal('deny')
    })
  }

  for (const spelling of ['API.GOOD.TEST:443', 'api.good.test.:443', 'aPi.GooD.tEst.:443']) {
    it(`takes ${spelling} for the name that is allowed`, async () => {
      await using world = await Proxied.open()
      const { status, socket } = await connectTo(world.door, spelling)
      socket.destroy()
      expect(status).to.equal(200)
      expect(world.decisions.at(-1)).to.include({ verdict: 'allow', host: good })
    })
  }

  it('refuses a CONNECT whose Host says something else', async () => {
    await using world = await Proxied.open()
    const text = await converse(
      world.door,
      `CONNECT evil.test:443 HTTP/1.1\r\nHost: ${good}:443\r\nConnection: close\r\n${credentials(world.door)}\r\n`,
    )
    expect(refusalIn(text)).to.equal('authority_mismatch')
    expect(world.reached).to.equal(0)
  })

  it('gives a relay of the client’s own the same answer', async () => {
    await using world = await Proxied.open()
    // CONNECT to the proxy itself, through the proxy.
    const { host, port } = world.listener
    const { status, text, socket } = await connectTo(world.door, `${host}:${port}`)
    socket.destroy()
    expect(status).to.equal(403)
    expect(refusalIn(text)).to.equal('address_literal')
  })

  it('knows itself behind a name', async () => {
    await using world = await Proxied.open({
      network: {
        allow: [{ host: 'loop.good.test', protocol: 'tcp', ports: [4444] }],
        addresses: { allow: ['127.0.0.0/8'] },
      },
      lookup: async () => ({ addresses: ['127.0.0.1'], ttlMs: null }),
    })
    const second = await world.proxy.listen({ port: 4444 }).catch(() => null)
    const { text, socket } = await connectTo(world.door, 'loop.good.test:4444')
    socket.destroy()
    expect(refusalIn(text)).to.equal(second === null ? 'connect_failed' : 'self')
  })

  const openings: readonly [why: string, bytes: string][] = [
    ['SSH', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['HTTP/0.9', 'GET /\r\n\r\n'],
    ['HTTP/2 without TLS', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a word', 'HELO evil.test\r\n\r\n'],
    ['SOCKS4', '\x04\x01\x01\xbb\x7f\x00\x00\x01\x00'],
    ['SOCKS4a', '\x04\x01\x01\xbb\x00\x00\x00\x01\x00api.good.test\x00'],
    ['zeros', '\0\0\0\0'],
    ['lower case', 'get / http/1.1\r\n\r\n'],
    ['a blank', ' GET / HTTP/1.1\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x00\x05hello'],
  ]
  const limits = { headersMs: 50, greetingMs: 50, clientHelloMs: 50 }
  for (const [why, bytes] of openings) {
    it(`ends a connection that begins with ${why}`, async () => {
      await using world = await Proxied.open({ limits })
      const text = await converse(await world.ownDoor(), bytes)
      if (text !== '') expect(statusOf(text)).to.be.within(400, 505)
      expect(world.reached).to.equal(0)
    })
    it(`ends a tunnel that begins with ${why}`, async () => {
      await using world = await Proxied.open({ limits })
      const { socket } = await connectTo(world.door, `${good}:443`)
      const talk = new Line(socket)
      await talk.send(bytes).over()
      talk.destroy()
      expect(world.reached).to.equal(0)
      await settle(() => world.refused !== undefined)
      expect(world.refused).to.include({ verdict: 'deny', host: good })
    })
  }

  it('delivers an answer to a client that ended its side', async () => {
    await using world = await Proxied.open({
      network: { allow: [{ host: good, protocol: 'tcp', ports: [80] }] },
    })
    const { socket } = await connectTo(world.door, `${good}:80`)
    const talk = new Line(socket)
    talk.send('GET /late HTTP/1.0\r\n\r\n')
    socket.end()
    expect(await talk.over()).to.contain('hello from /late')
  })

  it('cancels a question whose asker leaves, and dials nothing', async () => {
    const signals: AbortSignal[] = []
    let grant: (granted: boolean) => void = () => undefined
    await using world = await Proxied.open({
      network: { ask: [{ host: good, protocol: 'tcp', ports: [80] }] },
      onAsk: ({ signal }) => {
        signals.push(signal)
        return new Promise((resolve) => {
          grant = resolve
        })
      },
    })
    const socket = await dial(world.door)
    socket.write(
      `CONNECT ${good}:80 HTTP/1.1\r\nHost: ${good}:80\r\n${credentials(world.door)}\r\n`,
    )
    await settle(() => signals.length === 1)
    socket.end()
    await settle(() => signals[0]?.aborted === true)
    expect(signals[0]?.aborted).to.equal(true)
    grant(true)
    await settle(() => world.refused !== undefined)
    expect(world.reached).to.equal(0)
    expect(world.refused?.code).to.equal('ask_timeout')
    socket.destroy()
  })

  it('cancels a question whose asker leaves over SOCKS as well', async () => {
    const signals: AbortSignal[] = []
    await using world = await Proxied.open({
      network: { ask: [{ host: good, protocol: 'tcp', ports: [80] }] },
      onAsk: ({ signal }) => {
        signals.push(signal)
        return new Promise(() => undefined)
      },
    })
    const door = await world.ownDoor()
    const talk = await line(door)
    talk.send(Buffer.from([5, 1, 0]))
    talk.send(
      Buffer.concat([
        Buffer.from([5, 1, 0, 3, good.length]),
        Buffer.from(good),
        Buffer.from([0, 80]),
      ]),
    )
    await settle(() => signals.length === 1)
    talk.stream.end()
    await settle(() => signals[0]?.aborted === true)
    expect(signals[0]?.aborted).to.equal(true)
    expect(world.reached).to.equal(0)
  })

  it('lets the same tunnel through when it is granted, over either door', async () => {
    await using world = await Proxied.open({
      network: { ask: [{ host: good, protocol: 'tcp', ports: [80] }] },
      onAsk: () => true,
    })
    const tunnel = await connectTo(world.door, `${good}:80`)
    expect(tunnel.status).to.equal(200)
    tunnel.socket.destroy()
    const { code, socket } = await socksTo(world.door, good, 80)
    expect(code).to.equal(0)
    const talk = new Line(socket)
    expect(await talk.send('GET /s HTTP/1.0\r\n\r\n').over()).to.contain('hello from /s')
    talk.destroy()
  })

  it('carries bytes that come early over SOCKS, behind the reply', async () => {
    await using world = await Proxied.open({
      network: { allow: [{ host: good, protocol: 'tcp', ports: [80] }] },
    })
    const talk = await line(await world.ownDoor())
    talk.send(Buffer.from([5, 1, 0]))
    const request = [
      Buffer.from([5, 1, 0, 3, good.length]),
      Buffer.from(good),
      Buffer.from([0, 80]),
    ]
    talk.send(Buffer.concat([...request, Buffer.from('GET /early HTTP/1.0\r\n\r\n')]))
    expect(await talk.over()).to.contain('hello from /early')
    talk.destroy()
  })

  it('shows TLS clients the certificate of their own sandbox alone', async () => {
    await using mine = await Proxied.open()
    await using other = await Proxied.open()
    const { socket } = await connectTo(mine.door, `${good}:443`)
    const fails = await secure(socket, { servername: good, ca: other.proxy.certificate }).then(
      () => false,
      () => true,
    )
    expect(fails).to.equal(true)
    socket.destroy()
    const talk = await mine.intercepted()
    talk.destroy()
  })
})
