import { expect } from 'chai'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createSecureServer, type ServerHttp2Stream } from 'node:http2'
import { createTestAuthority } from '../../dist/testing.js'
import { credentials, line } from '../support/client.ts'
import { good, Proxied, refusalIn, settle, statusOf } from '../support/proxied.ts'
import { askHttp2, sessionOver } from '../support/ways.ts'

const network = {
  allow: [{ host: good, protocol: 'http-plain', methods: ['GET', 'POST', 'HEAD'] }],
} as const

interface Raw extends AsyncDisposable {
  readonly hosts: Readonly<Record<string, string>>
  readonly sockets: Set<Socket>
}

async function raw(onConnection: (socket: Socket) => void): Promise<Raw> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    sockets,
    hosts: { [`${good}:80`]: `127.0.0.1:${(server.address() as AddressInfo).port}` },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const answering = (text: string | Buffer) => (socket: Socket) => {
  socket.once('data', () => socket.write(text))
}
const ok = 'HTTP/1.1 200 OK\r\n'

/** What an origin answers, and what its client may hear at most. */
const answers: readonly [why: string, text: string][] = [
  ['no HTTP', 'SSH-2.0-x\r\n\r\n'],
  ['two lengths', `${ok}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`],
  ['a length and chunks', `${ok}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['a negative length', `${ok}Content-Length: -1\r\n\r\n`],
  ['a folded line', `${ok}X: a\r\n b\r\nContent-Length: 0\r\n\r\n`],
  ['bare line feeds', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
  ['a bare carriage return in a value', `${ok}X: a\rSet-Cookie: b\r\nContent-Length: 0\r\n\r\n`],
  ['NUL in a value', `${ok}X: a\0b\r\nContent-Length: 0\r\n\r\n`],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n'],
  ['a status of 999', 'HTTP/1.1 999 OK\r\nContent-Length: 0\r\n\r\n'],
  ['HTTP/0.9', 'hello'],
  ['HTTP/2.0', 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ['a coding that is not chunked', `${ok}Transfer-Encoding: gzip\r\n\r\n`],
  ['a field name with a blank', `${ok}X Y: a\r\nContent-Length: 0\r\n\r\n`],
  ['an endless header', `${ok}${'X: y\r\n'.repeat(20_000)}`],
  ['an endless line', `${ok}X: ${'y'.repeat(1_000_000)}`],
  ['a flood of interim answers', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(5000)],
  ['an endless interim answer', `HTTP/1.1 103 Early Hints\r\n${'Link: x\r\n'.repeat(20_000)}`],
  [
    'a 101 that nobody asked for',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
  ],
]

describe('a hostile origin', () => {
  for (const [why, text] of answers) {
    it(`that answers with ${why} is answered for with 502`, async () => {
      await using origin = await raw((socket) => {
        answering(text)(socket)
        if (why === 'HTTP/0.9') socket.once('data', () => socket.end())
      })
      await using world = await Proxied.open({ network, hosts: origin.hosts })
      const talk = await line(world.door)
      talk.send(`GET http://${good}/ HTTP/1.1\r\nHost: ${good}\r\n${credentials(world.door)}\r\n`)
      const answer = await talk.answer()
      expect([statusOf(answer), refusalIn(answer)]).to.deep.equal([502, 'upstream_failed'])
      await settle(() => origin.sockets.size === 0)
      expect(origin.sockets.size).to.equal(0)
      talk.destroy()
    })
  }

  const cuts: readonly [why: string, text: string, ends: boolean][] = [
    ['less than it announced', `${ok}Content-Length: 10\r\n\r\nabc`, true],
    ['a chunk that is none', `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n`, false],
    ['chunks without an end', `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`, true],
    [
      'endless trailers',
      `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n${'X: y\r\n'.repeat(20_000)}`,
      false,
    ],
    [
      'a framing field in trailers',
      `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nContent-Length: 1\r\n\r\n`,
      false,
    ],
  ]
  for (const [why, text, ends] of cuts) {
    it(`that sends ${why} is seen as a cut`, async () => {
      await using origin = await raw((socket) => {
        socket.once('data', () => (ends ? socket.end(text) : socket.write(text)))
      })
      await using world = await Proxied.open({ network, hosts: origin.hosts })
      const talk = await line(world.door)
      talk.send(`GET http://${good}/ HTTP/1.1\r\nHost: ${good}\r\n${credentials(world.door)}\r\n`)
      const answer = await talk.over()
      // What was not sent yet when the fault was found is not sent at all.
      expect(statusOf(answer)).to.be.oneOf([0, 200])
      expect(answer.endsWith('0\r\n\r\n'), answer).to.equal(false)
      expect(answer.length).to.be.below(200)
      talk.destroy()
    })
  }

  it('cannot answer a request that was not sent', async () => {
    const hidden = `${ok}Content-Length: 6\r\nX-From: hidden\r\n\r\nhidden`
    await using origin = await raw((socket) => {
      let asked = 0
      socket.on('data', () => {
        asked += 1
        socket.write(`${ok}Content-Length: 2\r\n\r\nok${asked === 1 ? hidden : ''}`)
      })
    })
    await using world = await Proxied.open({ network, hosts: origin.hosts })
    const talk = await line(world.door)
    for (let sent = 0; sent < 3; sent += 1) {
      talk.send(
        `GET http://${good}/${sent} HTTP/1.1\r\nHost: ${good}\r\n${credentials(world.door)}\r\n`,
      )
      const answer = await talk.answer()
      expect(answer).to.match(/ok$/)
      expect(answer).to.not.contain('hidden')
    }
    talk.destroy()
  })

  it('that answers before it was asked is not believed', async () => {
    await using origin = await raw((socket) => socket.write(`${ok}Content-Length: 5\r\n\r\nearly`))
    await using world = await Proxied.open({ network, hosts: origin.hosts })
    const talk = await line(world.door)
    talk.send(`GET http://${good}/ HTTP/1.1\r\nHost: ${good}\r\n${credentials(world.door)}\r\n`)
    expect(statusOf(await talk.answer())).to.be.oneOf([200, 502])
    await settle(() => origin.sockets.size === 0 || world.plain.connections === 0)
    talk.destroy()
  })

  it('cannot put a second answer into its first', async () => {
    await using origin = await raw(
      answering(
        `${ok}Content-Length: 60\r\nX: a%0d%0aSet-Cookie: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad${' '.repeat(19)}`,
      ),
    )
    await using world = await Proxied.open({ network, hosts: origin.hosts })
    const talk = await line(world.door)
    talk.send(`GET http://${good}/ HTTP/1.1\r\nHost: ${good}\r\n${credentials(world.door)}\r\n`)
    const answer = await talk.answer()
    expect(answer).to.match(/content-length: 60/i)
    expect(answer).to.not.match(/\r\nset-cookie/i)
    talk.destroy()
  })

  it('that answers early to an upload ends the upload, and only that', async () => {
    await using origin = await raw((socket) => {
      socket.once('data', () =>
        socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'),
      )
    })
    await using world = await Proxied.open({ network, hosts: origin.hosts })
    const talk = await line(world.door)
    talk.send(
      `POST http://${good}/ HTTP/1.1\r\nHost: ${good}\r\n${credentials(world.door)}Content-Type: application/octet-stream\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1000)}`,
    )
    expect(statusOf(await talk.answer())).to.equal(403)
    talk.destroy()
  })

  it('that resets behind its header is seen as a cut', async () => {
    await using origin = await raw((socket) => {
      socket.once('data', () => {
        socket.write(`${ok}Content-Length: 10\r\n\r\nabc`, () =>
          setImmediate(() => socket.resetAndDestroy()),
        )
      })
    })
    await using world = await Proxied.open({ network, hosts: origin.hosts })
    const talk = await line(world.door)
    talk.send(`GET http://${good}/ HTTP/1.1\r\nHost: ${good}\r\n${credentials(world.door)}\r\n`)
    // Whether its client hears of a reset or of an end behind what came is libuv's choice.
    expect(await talk.over()).to.match(/content-length: 10\r\n\r\n(?:abc)?$/i)
    talk.destroy()
  })

  it('that gives nothing back to HEAD but a length is believed', async () => {
    await using origin = await raw(answering(`${ok}Content-Length: 1000\r\n\r\n`))
    await using world = await Proxied.open({ network, hosts: origin.hosts })
    const talk = await line(world.door)
    talk.send(`HEAD http://${good}/ HTTP/1.1\r\nHost: ${good}\r\n${credentials(world.door)}\r\n`)
    expect(await talk.until((text) => text.endsWith('\r\n\r\n'))).to.match(/content-length: 1000/i)
    talk.destroy()
  })

  const streams: readonly [why: string, act: (stream: ServerHttp2Stream) => void][] = [
    [
      'goes away in the middle of a stream',
      (stream) => {
        stream.respond({ ':status': 200 })
        stream.write('some')
        stream.session?.goaway(2)
        stream.session?.destroy()
      },
    ],
    [
      'resets a stream behind its header',
      (stream) => {
        stream.respond({ ':status': 200 })
        stream.write('some')
        setImmediate(() => stream.close(2))
      },
    ],
    ['ends its connection without an answer', (stream) => stream.session?.destroy()],
    ['refuses a stream', (stream) => stream.close(7)],
  ]
  for (const [why, act] of streams) {
    it(`that ${why} fails that request, and not the next`, async () => {
      const authority = createTestAuthority()
      let asked = 0
      const server = createSecureServer({
        SNICallback: (name, done) => done(null, authority.contextFor(name)),
      })
      const sessions = new Set<{ destroy(): void }>()
      server.on('session', (session) => sessions.add(session))
      server.on('sessionError', () => undefined)
      server.on('stream', (stream) => {
        stream.on('error', () => undefined)
        asked += 1
        if (asked === 1) act(stream)
        else {
          stream.respond({ ':status': 200 })
          stream.end('fine')
        }
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const at = `127.0.0.1:${(server.address() as AddressInfo).port}`
      await using world = await Proxied.open({
        network: { allow: [{ host: good, methods: ['GET', 'POST'] }] },
        hosts: { [`${good}:443`]: at },
        trust: authority.certificate,
      })
      const session = sessionOver(await world.interceptedSocket(good, ['h2']), good)
      const first = await askHttp2(session, { method: 'POST', path: '/', body: 'x' })
      expect(first.text).to.not.equal('fine')
      const second = await askHttp2(session, { method: 'GET', path: '/' })
      expect([second.status, second.text]).to.deep.equal([200, 'fine'])
      session.destroy()
      for (const one of sessions) one.destroy()
      server.close()
    })
  }
})
