import { expect } from 'chai'
import { once } from 'node:events'
import { connect, type ClientHttp2Session } from 'node:http2'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { Exchange, ProtocolFault } from '../../dist/exchange.js'
import { serveHttp2, type Http2Front } from '../../dist/http2/front-listen.js'
import { defaultLimits } from '../../dist/limits.js'
import { createAuthority } from '../../dist/tls/authority.js'
import { terminateTls } from '../../dist/tls/terminate-listen.js'
import { socketPair } from '../tls/loopback.ts'
import { PartsBody, collect, type Collected } from './bodies.ts'
import { frame, get, headersFrames, kind, number32, pack, preface, RawPeer } from './frames.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const authority = createAuthority({
  sandboxId: 's',
  names: [{ pattern: 'a.test', wildcard: false }],
})

/** Both ends of one connection on which TLS was agreed. */
class Terminated {
  readonly exchanges: Exchange[] = []
  readonly faults: ProtocolFault[] = []
  readonly completed: boolean[] = []
  readonly client: TLSSocket
  readonly served: TLSSocket
  readonly front: Http2Front

  private constructor(client: TLSSocket, served: TLSSocket, onExchange: (of: Exchange) => void) {
    this.client = client
    this.served = served
    const events = {
      onExchange: (exchange: Exchange): void => {
        this.exchanges.push(exchange)
        exchange.onClose((complete) => this.completed.push(complete))
        onExchange(exchange)
      },
      onFault: (fault: ProtocolFault): void => {
        this.faults.push(fault)
      },
    }
    this.front = serveHttp2(served, { events, limits: defaultLimits, idleMs: 60_000 })
  }

  static async open(onExchange: (of: Exchange) => void): Promise<Terminated> {
    const { client, server } = await socketPair()
    const terminating = terminateTls(server, {
      authority,
      host: 'a.test',
      alpn: ['h2'],
      limits: { tlsMs: 5_000 },
      first: null,
      signal: new AbortController().signal,
    })
    const ca = authority.certificatePem
    const socket = client
    const secured = connectTls({ socket, servername: 'a.test', ca, ALPNProtocols: ['h2'] })
    secured.on('error', () => undefined)
    const served = await terminating
    return new Terminated(secured, served, onExchange)
  }

  session(): ClientHttp2Session {
    const session = connect('https://a.test', { createConnection: () => this.client })
    session.on('error', () => undefined)
    return session
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.destroy()
    this.front.destroy()
    if (!this.served.closed) await new Promise((resolve) => this.served.once('close', resolve))
  }
}

const post = [[':method', 'POST'], ...get.slice(1)] as const
const endless = (): PartsBody =>
  new PartsBody(Array.from({ length: 4_000 }, () => Buffer.alloc(65_536)))

describe('front of HTTP/2 over TLS', () => {
  it('answers a request with a body', async () => {
    await using made = await Terminated.open((exchange) => {
      void collect(exchange.body).then(({ text }) =>
        exchange.respond({ status: 200, headers: [['x', 'y']] }, new PartsBody([text, '!'])),
      )
    })
    const stream = made.session().request({ ':method': 'POST', ':path': '/' })
    stream.end('hello')
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
    let text = ''
    for await (const chunk of stream) text += String(chunk)
    expect(headers['x']).to.equal('y')
    expect(text).to.equal('hello!')
    while (made.completed.length === 0) await turn()
    expect(made.completed).to.deep.equal([true])
  })

  it('moves megabytes both ways', async () => {
    const size = 4 * 1_048_576
    await using made = await Terminated.open((exchange) => {
      const back = new PartsBody(Array.from({ length: size / 65_536 }, () => Buffer.alloc(65_536)))
      let came = 0
      exchange.body?.start({
        data: (chunk) => (came += chunk.length),
        end: () => exchange.respond({ status: 200, headers: [['came', String(came)]] }, back),
        fail: () => exchange.abort(),
      })
    })
    const stream = made.session().request({ ':method': 'POST', ':path': '/' })
    stream.end(Buffer.alloc(size))
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
    let length = 0
    for await (const chunk of stream) length += (chunk as Buffer).length
    expect(headers['came']).to.equal(String(size))
    expect(length).to.equal(size)
  })

  const hello = Buffer.concat([preface, frame(kind.settings, {})])
  const wide = [0, 1].map((stream) => frame(kind.window, { stream }, number32(0x3fffffff)))
  const data = frame(kind.data, { stream: 1 }, Buffer.from('abc'))
  const stages: [string, readonly Buffer[], number][] = [
    ['before the preface', [], 0],
    ['within the preface', [preface.subarray(0, 9)], 0],
    ['after the preface', [hello], 0],
    ['within the header of a frame', [hello, headersFrames(1, get).subarray(0, 5)], 0],
    ['within a frame', [hello, headersFrames(1, get).subarray(0, 20)], 0],
    ['within a header block', [hello, frame(kind.headers, { stream: 1 }, pack(get))], 0],
    ['after a header', [hello, headersFrames(1, post, false)], 1],
    ['within a body', [hello, headersFrames(1, post, false), data], 1],
    ['within DATA', [hello, headersFrames(1, post, false), data.subarray(0, 10)], 1],
    [
      'within trailers',
      [
        hello,
        headersFrames(1, post, false),
        data,
        frame(kind.headers, { stream: 1, flags: 1 }, pack([['x', 'y']])),
      ],
      1,
    ],
    ['within an answer', [hello, headersFrames(1, get), ...wide], 1],
    ['within both', [hello, headersFrames(1, post, false), ...wide, data], 1],
  ]
  const ways: [string, (client: TLSSocket) => void][] = [
    ['ends', (client) => client.end()],
    ['is cut', (client) => client.destroy()],
  ]
  for (const [stage, parts, exchanges] of stages) {
    for (const [way, leave] of ways) {
      it(`tells that the client left when its connection ${way} ${stage}`, async () => {
        const read: Promise<Collected>[] = []
        await using made = await Terminated.open((exchange) => {
          if (exchange.body !== null) read.push(collect(exchange.body))
          if (stage.includes('both') || stage.includes('answer')) {
            exchange.respond({ status: 200, headers: [] }, endless())
          }
        })
        const peer = new RawPeer(made.client)
        for (const part of parts) peer.write(part)
        while (made.exchanges.length < exchanges) await turn()
        if (parts.length > 0) await peer.frame(({ type }) => type === kind.settings)
        leave(made.client)
        if (!made.served.closed) await new Promise((resolve) => made.served.once('close', resolve))
        while (made.completed.length < exchanges) await turn()
        expect(made.completed).to.deep.equal(exchanges === 0 ? [] : [false])
        for (const body of read) expect((await body).error).to.be.an('error')
        expect(made.faults.filter(({ code }) => code === 'limit')).to.deep.equal([])
      })
    }
  }

  it('sends GOAWAY with its reason to a client that breaks the framing', async () => {
    await using made = await Terminated.open(() => undefined)
    const peer = new RawPeer(made.client)
    peer.write(
      hello,
      frame(kind.headers, { stream: 1 }, pack(get)),
      frame(kind.ping, {}, Buffer.alloc(8)),
    )
    const goaway = await peer.frame(({ type }) => type === kind.goaway)
    expect(goaway?.payload.readUInt32BE(4)).to.equal(1)
    await peer.closed()
    expect(made.faults.map(({ code }) => code)).to.deep.equal(['bad_request'])
  })
})
