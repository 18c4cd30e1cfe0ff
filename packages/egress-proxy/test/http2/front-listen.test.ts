import { expect } from 'chai'
import { once } from 'node:events'
import type { ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2'
import type { Exchange } from '../../dist/exchange.js'
import type { Field } from '../../dist/http-message.js'
import { PartsBody, collect, type Collected } from './bodies.ts'
import { frame, get, headersFrames, kind, number32, pack } from './frames.ts'
import { LoopbackFront } from './loopback-front.ts'

const ok = (exchange: Exchange): void => exchange.respond({ status: 200, headers: [] }, null)
const post: readonly Field[] = [[':method', 'POST'], ...get.slice(1)]

interface Answer {
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly trailers: IncomingHttpHeaders
  readonly rstCode: number
}

function answer(stream: ClientHttp2Stream): Promise<Answer> {
  let headers: IncomingHttpHeaders = {}
  let trailers: IncomingHttpHeaders = {}
  let text = ''
  stream.on('error', () => undefined)
  stream.on('response', (told) => (headers = told))
  stream.on('trailers', (told) => (trailers = told))
  stream.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  return once(stream, 'close').then(() => ({ headers, text, trailers, rstCode: stream.rstCode }))
}

describe('front of HTTP/2', () => {
  it('yields an exchange and answers it, with bodies and trailers both ways', async () => {
    let got: Collected | undefined
    await using front = await LoopbackFront.open((exchange) => {
      void collect(exchange.body).then((collected) => {
        got = collected
        const body = new PartsBody(['one,', 'two'], { end: [['x-sum', '7']] })
        exchange.respond({ status: 201, headers: [['x-a', 'b']] }, body)
      })
    })
    const stream = front
      .client()
      .request(
        { ':method': 'POST', ':path': '/p?q', 'content-type': 't' },
        { waitForTrailers: true },
      )
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-check': '1' }))
    stream.end('hello')
    const { headers, text, trailers } = await answer(stream)
    expect(got).to.deep.equal({ text: 'hello', trailers: [['x-check', '1']], error: null })
    expect([headers[':status'], headers['x-a'], headers.date]).to.deep.equal([201, 'b', undefined])
    expect([text, trailers['x-sum']]).to.deep.equal(['one,two', '7'])
    expect(front.exchanges[0]?.head.target).to.equal('/p?q')
  })

  it('answers many requests of one connection', async () => {
    await using front = await LoopbackFront.open((exchange) => {
      exchange.respond(
        { status: 200, headers: [] },
        new PartsBody([exchange.head.target], { length: 3 }),
      )
    })
    const client = front.client()
    for (let round = 0; round < 20; round += 1) {
      const paths = Array.from({ length: 50 }, (_, index) => `/${10 + index}`)
      const answers = await Promise.all(
        paths.map((path) => answer(client.request({ ':path': path }))),
      )
      expect(answers.map(({ text }) => text)).to.deep.equal(paths)
    }
    expect(front.faults).to.deep.equal([])
  })

  const bodiless: [string, string, number][] = [
    ['HEAD', 'HEAD', 200],
    ['204', 'GET', 204],
    ['304', 'GET', 304],
  ]
  for (const [title, method, status] of bodiless) {
    it(`sends no body with ${title}, and tells its source`, async () => {
      const body = new PartsBody(['x'])
      const closed: boolean[] = []
      await using front = await LoopbackFront.open((exchange) => {
        exchange.onClose((complete) => closed.push(complete))
        exchange.respond({ status, headers: [] }, body)
      })
      const { headers, text } = await answer(front.client().request({ ':method': method }))
      expect([headers[':status'], text, body.cancelled]).to.deep.equal([status, '', true])
      expect(closed).to.deep.equal([true])
    })
  }

  it('answers gRPC with trailers only', async () => {
    await using front = await LoopbackFront.open((exchange) => {
      exchange.respond({ status: 200, headers: [['grpc-status', '7']] }, null)
    })
    const peer = await front.raw()
    peer.write(headersFrames(1, get))
    const found = await peer.frame((frame) => frame.type === kind.headers)
    expect(found?.flags).to.equal(5)
  })

  it('says 100 when told to, once, and only to who waits for it', async () => {
    await using front = await LoopbackFront.open((exchange) => {
      exchange.continue()
      exchange.continue()
      void collect(exchange.body).then(() => ok(exchange))
    })
    for (const [expectation, count] of [
      ['100-continue', 1],
      ['', 0],
    ] as const) {
      const fields = expectation === '' ? {} : { expect: expectation }
      const stream = front.client().request({ ':method': 'POST', ...fields })
      let interim = 0
      stream.on('headers', (headers) => (interim += headers[':status'] === 100 ? 1 : 0))
      stream.end('x')
      const { headers } = await answer(stream)
      expect([headers[':status'], interim]).to.deep.equal([200, count])
    }
  })

  it('never ends a stream whose answer failed', async () => {
    await using front = await LoopbackFront.open((exchange) => {
      exchange.respond(
        { status: 200, headers: [] },
        new PartsBody(['half'], { end: new Error('cut') }),
      )
    })
    const peer = await front.raw()
    peer.write(headersFrames(1, get))
    const reset = await peer.frame((frame) => frame.type === kind.reset)
    expect(reset?.payload.readUInt32BE(0)).to.equal(2)
    const ends = peer.frames.filter((frame) => frame.stream === 1 && (frame.flags & 1) !== 0)
    expect(ends).to.deep.equal([])
  })

  const unsendable: [string, number, Field][] = [
    ['a status of another version', 101, ['x', 'y']],
    ['a value that would become a field', 200, ['x', 'a\0y\0b']],
    ['a field of the connection', 200, ['connection', 'close']],
  ]
  for (const [title, status, field] of unsendable) {
    it(`resets instead of sending ${title}`, async () => {
      const body = new PartsBody(['x'])
      await using front = await LoopbackFront.open((exchange) => {
        exchange.respond({ status, headers: [field] }, body)
      })
      const peer = await front.raw()
      peer.write(headersFrames(1, get))
      expect(await peer.outcome(1)).to.equal('reset 2')
      expect(body.cancelled).to.equal(true)
    })
  }

  it('resets what is aborted, and tells that it is not complete', async () => {
    const closed: boolean[] = []
    await using front = await LoopbackFront.open((exchange) => {
      exchange.onClose((complete) => closed.push(complete))
      exchange.abort()
      exchange.abort()
    })
    const peer = await front.raw()
    peer.write(headersFrames(1, post, false))
    expect(await peer.outcome(1)).to.equal('reset 8')
    expect(closed).to.deep.equal([false])
  })

  for (const [name, code] of [
    ['CANCEL', 8],
    ['NO_ERROR', 0],
    ['PROTOCOL_ERROR', 1],
  ] as const) {
    it(`takes a body that is reset with ${name} for a cut, never for whole`, async () => {
      const closed: boolean[] = []
      let read: Promise<Collected> | undefined
      await using front = await LoopbackFront.open((exchange) => {
        exchange.onClose((complete) => closed.push(complete))
        read = collect(exchange.body)
      })
      const peer = await front.raw()
      peer.write(
        headersFrames(1, post, false),
        frame(kind.data, { stream: 1 }, Buffer.from('half')),
      )
      await new Promise((resolve) => setTimeout(resolve, 20))
      if (read === undefined) throw new Error('no exchange')
      peer.write(frame(kind.reset, { stream: 1 }, number32(code)))
      const { error } = await read
      expect(error).to.be.an('error')
      peer.write(frame(kind.ping, {}, Buffer.alloc(8)))
      await peer.frame((frame) => frame.type === kind.ping)
      expect(closed).to.deep.equal([false])
    })
  }

  it('stops the source of an answer that the client gave up', async () => {
    const body = new PartsBody(Array.from({ length: 100 }, () => Buffer.alloc(16_384)))
    await using front = await LoopbackFront.open((exchange) => {
      exchange.respond({ status: 200, headers: [] }, body)
    })
    const stream = front.client().request({})
    stream.on('error', () => undefined)
    stream.once('data', () => stream.close(8))
    await once(stream, 'close')
    while (!body.cancelled) await new Promise((resolve) => setImmediate(resolve))
  })

  it('paces an answer by its client, and a request by its reader', async () => {
    const body = new PartsBody(Array.from({ length: 64 }, () => Buffer.alloc(65_536)))
    const sizes: number[] = []
    let resume = (): void => undefined
    await using front = await LoopbackFront.open((exchange) => {
      exchange.respond({ status: 200, headers: [] }, body)
      let size = 0
      exchange.body?.start({
        data: (chunk) => {
          size += chunk.length
          sizes.push(size)
          if (sizes.length === 1) exchange.body?.pause()
        },
        end: () => sizes.push(-1),
        fail: () => sizes.push(-2),
      })
      resume = () => exchange.body?.resume()
    })
    const stream = front.client().request({ ':method': 'POST' })
    stream.on('error', () => undefined)
    const written = Buffer.alloc(4 * 1_048_576)
    stream.end(written)
    await once(stream, 'response')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(sizes).to.have.length(1)
    expect(body.pauses).to.be.greaterThan(0)
    resume()
    let received = 0
    stream.on('data', (chunk: Buffer) => (received += chunk.length))
    await once(stream, 'close')
    expect(received).to.equal(64 * 65_536)
    expect(sizes.at(-1)).to.equal(-1)
    expect(sizes.at(-2)).to.equal(written.length)
  })

  it('refuses the rest of a body that nobody reads once it answered', async () => {
    const closed: boolean[] = []
    await using front = await LoopbackFront.open((exchange) => {
      exchange.onClose((complete) => closed.push(complete))
      exchange.respond({ status: 403, headers: [] }, new PartsBody(['no'], { length: 2 }))
    })
    const peer = await front.raw()
    peer.write(headersFrames(1, post, false), frame(kind.data, { stream: 1 }, Buffer.from('half')))
    const reset = await peer.frame((frame) => frame.type === kind.reset)
    expect(reset?.payload.readUInt32BE(0)).to.equal(0)
    expect(peer.frames.some((frame) => frame.type === kind.data && frame.flags === 1)).to.equal(
      true,
    )
    expect(closed).to.deep.equal([true])
  })

  it('takes no more streams than allowed', async () => {
    await using front = await LoopbackFront.open(() => undefined, { http2Streams: 4 })
    const peer = await front.raw()
    for (let index = 0; index < 5; index += 1) peer.write(headersFrames(1 + 2 * index, get))
    expect(await peer.outcome(9)).to.match(/^reset [17]$|^goaway/)
    expect(front.exchanges.length).to.be.at.most(4)
  })

  it('finishes what it has when it is closed, and takes nothing new', async () => {
    await using front = await LoopbackFront.open(() => undefined)
    const client = front.client()
    const first = answer(client.request({}))
    while (front.exchanges.length === 0) await new Promise((resolve) => setImmediate(resolve))
    front.fronts[0]?.close()
    await once(client, 'goaway')
    const [exchange] = front.exchanges
    if (exchange !== undefined) ok(exchange)
    expect((await first).headers[':status']).to.equal(200)
    await once(client, 'close')
  })

  it('fails everything when it is destroyed', async () => {
    const closed: boolean[] = []
    await using front = await LoopbackFront.open((exchange) => {
      exchange.onClose((complete) => closed.push(complete))
      front.fronts[0]?.destroy()
    })
    const peer = await front.raw()
    peer.write(headersFrames(1, get))
    await peer.closed()
    expect(closed).to.deep.equal([false])
  })

  it('ends a connection on which nothing is asked, or a header never ends', async () => {
    await using front = await LoopbackFront.open(ok, {}, 100)
    const quiet = await front.raw()
    const slow = await front.raw()
    slow.write(frame(kind.headers, { stream: 1 }, pack(get)))
    await Promise.all([quiet.closed(), slow.closed()])
    expect(front.exchanges).to.deep.equal([])
  })

  it('resets a stream whose client neither sends nor takes', async () => {
    await using front = await LoopbackFront.open((exchange) => void collect(exchange.body), {
      idleMs: 100,
    })
    const peer = await front.raw()
    peer.write(headersFrames(1, post, false))
    expect(await peer.outcome(1)).to.equal('reset 8')
    expect(front.faults.map(({ code }) => code)).to.deep.equal(['timeout'])
  })
})
