import { inspect } from 'node:util'
import { expect } from 'chai'
import { parseHosts } from '../../dist/dial/hosts.js'
import { Parent } from '../../dist/dial/parent.js'
import { codeOf, drain, eventually, Loopback, makeDialer, never, refusalOf } from './fixture.ts'
import { basic, parentThat, readBytes, target, through } from './parent-fixture.ts'

describe('a dialer with an HTTP parent', () => {
  it('asks for the tunnel by name, with the login, and resolves the parent alone', async () => {
    const seen: string[] = []
    await using server = await Loopback.start(parentThat('HTTP/1.1 200 OK\r\n\r\n', seen))
    const { dialer, asked } = through(server.port)
    const stream = await dialer.connect(target, never)
    expect(seen).to.deep.equal([
      'CONNECT api.good.test:443 HTTP/1.1\r\nHost: api.good.test:443\r\n' +
        `Proxy-Authorization: Basic ${basic}\r\n\r\n`,
    ])
    expect(asked).to.deep.equal(['parent.test'])
    expect(dialer.describe(target)).to.deep.equal({ dns: 'parent' })
    stream.destroy()
  })

  it('tunnels plain HTTP the same way', async () => {
    const seen: string[] = []
    await using server = await Loopback.start(parentThat('HTTP/1.1 200 OK\r\n\r\n', seen))
    const { dialer } = through(server.port)
    const wanted = { scheme: 'http', protocol: 'http/1.1', fresh: false } as const
    await dialer.open({ host: 'a.test', port: 80 }, wanted, never)
    expect(seen[0]).to.match(/^CONNECT a\.test:80 /)
    dialer.close()
    await server.settles(0)
  })

  it('leaves early bytes of the tunnel to the tunnel, wherever the answer is cut', async () => {
    const answer = 'HTTP/1.1 200 Connection established\r\nVia: x\r\nContent-Length: 0\r\n\r\n'
    const whole = `${answer}SSH-2.0-x\r\n\r\n`
    for (let cut = 1; cut < whole.length; cut += 1) {
      await using server = await Loopback.start((socket) => {
        socket.once('data', () => {
          socket.write(whole.slice(0, cut), () =>
            setImmediate(() => socket.write(whole.slice(cut))),
          )
        })
      })
      const stream = await through(server.port).dialer.connect(target, never)
      expect(await readBytes(stream, 13)).to.equal('SSH-2.0-x\r\n\r\n')
      stream.destroy()
    }
  }).timeout(60_000)

  it('keeps both directions open by themselves', async () => {
    await using server = await Loopback.start((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        socket.resume()
        socket.on('end', () => socket.end('late answer'))
      })
    })
    const stream = await through(server.port).dialer.connect(target, never)
    stream.end('question')
    expect(await readBytes(stream, 11)).to.equal('late answer')
    stream.destroy()
  })

  const refused: [answer: string | Buffer, detail: string, why: string][] = [
    ['HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\n\r\n', 'answered 407', 'wrong login'],
    ['HTTP/1.1 403 Forbidden\r\nX-Leak: 10.0.0.1\r\n\r\n', 'answered 403', 'not allowed there'],
    ['HTTP/1.1 302 Found\r\nLocation: http://evil.test\r\n\r\n', 'answered 302', 'a redirect'],
    ['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n', 'answered 100', 'an interim answer'],
    ['HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n', 'answered 101', 'another protocol'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 'ambiguous', 'a coding in a tunnel'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'ambiguous', 'a length in a tunnel'],
    [
      'HTTP/1.1 200 OK\r\ncontent-length: 0\r\nContent-Length: 9\r\n\r\n',
      'ambiguous',
      'two lengths',
    ],
    ['HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n', 'malformed', 'a blank before the colon'],
    ['HTTP/1.1 200 OK\r\nX: a\r\n folded\r\n\r\n', 'malformed', 'a folded line'],
    ['HTTP/1.1 200 OK\r\nX: a\nY: b\r\n\r\n', 'malformed', 'a bare line feed'],
    ['HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n', 'malformed', 'NUL'],
    ['HTTP/1.1 200 OK\r\nno colon\r\n\r\n', 'malformed', 'a line without a colon'],
    ['HTTP/1.1 200 OK\r\n: x\r\n\r\n', 'malformed', 'no name'],
    ['HTTP/1.1 2000 OK\r\n\r\n', 'malformed', 'four digits'],
    ['HTTP/1.1 20 OK\r\n\r\n', 'malformed', 'two digits'],
    ['HTTP/1.1  200 OK\r\n\r\n', 'malformed', 'two blanks'],
    ['HTTP/2.0 200 OK\r\n\r\n', 'malformed', 'another version'],
    ['HTTP/0.9 200 OK\r\n\r\n', 'malformed', 'an old version'],
    ['ICY 200 OK\r\n\r\n', 'malformed', 'another protocol'],
    ['\r\n\r\n', 'malformed', 'an empty line first'],
    [`HTTP/1.1 200 OK\r\nX: ${'a'.repeat(16_400)}\r\n\r\n`, 'malformed', 'too long'],
    [Buffer.alloc(65_536, 0x0a), 'malformed', 'endless line feeds'],
    [Buffer.from([0x16, 3, 1, 0, 4, 1, 0, 0, 0, 13, 10, 13, 10]), 'malformed', 'TLS'],
  ]
  for (const [answer, detail, why] of refused) {
    it(`refuses ${JSON.stringify(answer.toString('latin1')).slice(0, 60)}: ${why}`, async () => {
      await using server = await Loopback.start(parentThat(answer))
      const error = await refusalOf(through(server.port).dialer.connect(target, never))
      expect(error.refusal.code).to.equal('connect_failed')
      expect(error.refusal.reason).to.contain(detail)
      expect(inspect(error, { depth: null, showHidden: true })).not.to.match(/hunter2|Leak|evil/)
      await server.settles(0)
    })
  }

  const accepted: [answer: string, why: string][] = [
    ['HTTP/1.0 200 Connection established\r\n\r\n', 'HTTP/1.0'],
    ['HTTP/1.1 200\r\n\r\n', 'without a reason and blank'],
    ['HTTP/1.1 200 \r\n\r\n', 'without a reason'],
    ['HTTP/1.1 204 No\r\nX: \xe4\t\r\nX:\r\n\r\n', 'any 2xx, fields of no interest'],
  ]
  for (const [answer, why] of accepted) {
    it(`accepts ${JSON.stringify(answer)}: ${why}`, async () => {
      await using server = await Loopback.start(parentThat(Buffer.from(answer, 'latin1')))
      const stream = await through(server.port).dialer.connect(target, never)
      stream.destroy()
    })
  }

  it('gives up a parent that sends a header without end', async () => {
    await using server = await Loopback.start((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const flood = setInterval(() => socket.write('X-More: and more\r\n'.repeat(50)), 1)
      socket.on('close', () => clearInterval(flood))
      drain(socket)
    })
    expect(await codeOf(through(server.port).dialer.connect(target, never))).to.equal(
      'connect_failed',
    )
    await server.settles(0)
  })

  it('gives up a parent that says nothing', async () => {
    await using server = await Loopback.start()
    const { dialer } = through(server.port, { limits: { connectMs: 30 } })
    const error = await refusalOf(dialer.connect(target, never))
    expect(error.refusal.code).to.equal('connect_failed')
    expect(error.refusal.reason).to.contain('time-out')
    await server.settles(0)
  })

  it('gives up a parent that hangs up', async () => {
    await using server = await Loopback.start((socket) => socket.end('HTTP/1.1 200 OK\r\n'))
    expect(await codeOf(through(server.port).dialer.connect(target, never))).to.equal(
      'connect_failed',
    )
  })

  it('leaves the parent when the caller does', async () => {
    await using server = await Loopback.start()
    const controller = new AbortController()
    const connecting = codeOf(through(server.port).dialer.connect(target, controller.signal))
    await eventually(() => server.sockets.length === 1)
    controller.abort()
    expect(await connecting).to.equal('closed')
    await server.settles(0)
  })

  it('writes nothing that could be a second line into the request', async () => {
    const seen: string[] = []
    await using server = await Loopback.start((socket) => {
      socket.on('data', (chunk: Buffer) => seen.push(chunk.toString('latin1')))
    })
    const { dialer } = through(server.port)
    for (const host of ['a.test\r\nX: y', 'a.test x', 'A.test', 'a\0.test']) {
      const failed: unknown = await dialer
        .connect({ host, port: 443 }, never)
        .catch((e: unknown) => e)
      expect(failed).to.be.instanceOf(Error)
    }
    expect(seen).to.deep.equal([])
  })

  it('still judges an address that needs no resolving', async () => {
    const seen: string[] = []
    await using server = await Loopback.start(parentThat('HTTP/1.1 200 OK\r\n\r\n', seen))
    const literal = { host: '169.254.169.254', port: 80 }
    expect(await codeOf(through(server.port).dialer.connect(literal, never))).to.equal(
      'address_denied',
    )
    expect(seen).to.deep.equal([])
    const open = through(server.port, { judge: () => 'public' }).dialer
    const stream = await open.connect({ host: '2001:db8::1', port: 443 }, never)
    expect(seen[0]).to.match(/^CONNECT \[2001:db8::1\]:443 HTTP/)
    stream.destroy()
  })

  it('dials exempt hosts directly, under the guard', async () => {
    await using server = await Loopback.start()
    const url = 'http://parent.test:1'
    const parent = new Parent({ url, noProxy: ['.corp.test'] })
    const inside = { host: 'a.corp.test', port: server.port }
    const { dialer, asked } = makeDialer({ routing: { parent } })
    expect(dialer.describe(inside)).to.deep.equal({ dns: 'host' })
    const stream = await dialer.connect(inside, never)
    stream.destroy()
    expect(asked).to.deep.equal(['a.corp.test'])
    const strict = makeDialer({ routing: { parent }, judge: () => 'refused' })
    expect(await codeOf(strict.dialer.connect(inside, never))).to.equal('address_denied')
  })

  it('prefers the hosts option to the parent', async () => {
    await using server = await Loopback.start()
    const parent = new Parent('http://parent.test:1')
    const fixed = parseHosts({ 'api.good.test:443': `127.0.0.1:${String(server.port)}` })
    const { dialer, asked } = makeDialer({ routing: { parent, fixed }, judge: () => 'refused' })
    const stream = await dialer.connect(target, never)
    stream.destroy()
    expect(asked).to.deep.equal([])
    expect(dialer.describe(target)).to.deep.equal({ dns: 'hosts' })
  })

  it('shows the login in no view of the dialer', () => {
    const { dialer } = through(1)
    const seen = inspect(dialer, { depth: null, showHidden: true }) + JSON.stringify(dialer)
    expect(seen).not.to.contain('hunter2')
    expect(seen).not.to.contain(basic)
  })
})
