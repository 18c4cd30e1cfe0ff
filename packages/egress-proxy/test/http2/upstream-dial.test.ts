import { expect } from 'chai'
import { once } from 'node:events'
import type { ServerHttp2Stream } from 'node:http2'
import { PartsBody, collect } from './bodies.ts'
import { RawPeer, frame, headersFrames, kind, number32, preface } from './frames.ts'
import { LoopbackUpstream, ask, fetchAll, outgoing } from './loopback-upstream.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** An upstream that answers the first request with `bytes`. */
function answering(...bytes: Uint8Array[]): Promise<LoopbackUpstream> {
  return LoopbackUpstream.raw((socket) => {
    const peer = new RawPeer(socket, preface.length)
    peer.write(frame(kind.settings, {}))
    void peer.frame(({ type }) => type === kind.headers).then(() => peer.write(...bytes))
  })
}

describe('upstream of HTTP/2', () => {
  it('sends a request as it was judged, and tells the answer', async () => {
    let seen: Record<string, unknown> = {}
    await using server = await LoopbackUpstream.open((stream, headers) => {
      seen = { ...headers }
      stream.additionalHeaders({ ':status': 103 })
      stream.respond({ ':status': 404, 'set-cookie': ['a', 'b'] }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '1' }))
      stream.pipe(stream)
    })
    const upstream = await server.connect()
    const body = new PartsBody(['ab', 'cd'], { length: 4 })
    const head = outgoing({
      method: 'PUT',
      target: '/p?q',
      headers: [
        ['x-a', '1'],
        ['x-a', '2'],
      ],
    })
    const { outcome } = ask(upstream, head, body)
    const answer = await outcome
    expect(answer.informed).to.deep.equal([103])
    expect(answer.head?.status).to.equal(404)
    expect(answer.head?.headers.filter(([name]) => name === 'set-cookie')).to.have.length(2)
    expect(await collect(answer.body)).to.deep.equal({
      text: 'abcd',
      trailers: [['x-sum', '1']],
      error: null,
    })
    expect(seen).to.deep.include({
      ':method': 'PUT',
      ':scheme': 'https',
      ':authority': 'a.test',
      ':path': '/p?q',
      'x-a': '1, 2',
      'content-length': '4',
    })
  })

  it('carries as many requests at a time as both sides allow', async () => {
    const streams: ServerHttp2Stream[] = []
    await using server = await LoopbackUpstream.open((stream) => streams.push(stream), {
      settings: { maxConcurrentStreams: 3 },
    })
    const upstream = await server.connect()
    const first = ask(upstream)
    while (streams.length < 1) await turn()
    const others = [ask(upstream), ask(upstream)]
    expect(upstream.canTake).to.equal(false)
    const idle = new Promise<void>((resolve) => upstream.onIdle(resolve))
    const over = await ask(upstream).outcome
    expect([over.error?.name, over.unsent]).to.deep.equal(['Http2Error', true])
    while (streams.length < 3) await turn()
    for (const stream of streams) stream.respond({}, { endStream: true })
    for (const { outcome } of [first, ...others]) expect((await outcome).head?.status).to.equal(200)
    await idle
    expect(upstream.canTake).to.equal(true)
  })

  it('holds back only the stream whose reader is slow', async () => {
    await using server = await LoopbackUpstream.open((stream, headers) => {
      stream.respond({})
      stream.end(headers[':path'] === '/big' ? Buffer.alloc(8 * 1_048_576) : 'small')
    })
    const upstream = await server.connect()
    const big = await ask(upstream, outgoing({ target: '/big' })).outcome
    for (let index = 0; index < 20; index += 1) {
      expect((await fetchAll(upstream)).text).to.equal('small')
    }
    expect((await collect(big.body)).text.length).to.equal(8 * 1_048_576)
  })

  it('resets the stream of a request that is given up', async () => {
    const codes: number[] = []
    await using server = await LoopbackUpstream.open((stream) => {
      stream.on('close', () => codes.push(stream.rstCode))
      stream.respond({})
      stream.write('half')
    })
    const upstream = await server.connect()
    const { call, outcome } = ask(upstream)
    const { body } = await outcome
    call.abort()
    call.abort()
    expect((await collect(body)).error).to.be.an('error')
    while (codes.length === 0) await turn()
    expect(codes).to.deep.equal([8])
    expect(upstream.canTake).to.equal(true)
  })

  it('resets a request whose body fails, and never ends it', async () => {
    const peers: RawPeer[] = []
    await using server = await LoopbackUpstream.raw((socket) => {
      const peer = new RawPeer(socket, preface.length)
      peer.write(frame(kind.settings, {}))
      peers.push(peer)
    })
    const upstream = await server.connect()
    const body = new PartsBody(['half'], { end: new Error('cut') })
    const { error, unsent } = await ask(upstream, outgoing({ method: 'POST' }), body).outcome
    expect([error?.name, unsent]).to.deep.equal(['Http2Error', false])
    const [peer] = peers
    const reset = await peer?.frame(({ type }) => type === kind.reset)
    expect(reset?.payload.readUInt32BE(0)).to.equal(8)
    const ends = peer?.frames.filter(({ stream, flags }) => stream === 1 && (flags & 1) !== 0)
    expect(ends).to.deep.equal([])
  })

  for (const [name, code] of [
    ['CANCEL', 8],
    ['NO_ERROR', 0],
    ['INTERNAL_ERROR', 2],
  ] as const) {
    it(`takes an answer that is reset with ${name} for a cut, never for whole`, async () => {
      await using server = await answering(
        headersFrames(1, [[':status', '200']], false),
        frame(kind.data, { stream: 1 }, Buffer.from('half')),
        frame(kind.reset, { stream: 1 }, number32(code)),
      )
      const upstream = await server.connect()
      const { outcome } = ask(upstream)
      const { body, error } = await outcome
      expect((body === null ? error : (await collect(body)).error) instanceof Error).to.equal(true)
    })
  }

  it('takes an answer for whole that was ended before the request was reset with NO_ERROR', async () => {
    await using server = await answering(
      headersFrames(1, [[':status', '413']], false),
      frame(kind.data, { stream: 1, flags: 1 }, Buffer.from('no')),
      frame(kind.reset, { stream: 1 }, number32(0)),
    )
    const upstream = await server.connect()
    const endless = new PartsBody(['x'])
    endless.start = () => undefined
    const answer = await ask(upstream, outgoing({ method: 'POST' }), endless).outcome
    expect(await collect(answer.body)).to.deep.equal({ text: 'no', trailers: [], error: null })
    while (!endless.cancelled) await turn()
  })

  it('says unsent for a refused stream, and gives an untouched body back', async () => {
    await using server = await answering(frame(kind.reset, { stream: 1 }, number32(7)))
    const upstream = await server.connect()
    const { error, unsent } = await ask(upstream).outcome
    expect([error?.name, unsent]).to.deep.equal(['Http2Error', true])
  })

  it('takes nothing new after GOAWAY, finishes the old, and says unsent for what is beyond', async () => {
    await using server = await answering(
      frame(kind.goaway, {}, Buffer.concat([number32(1), number32(0)])),
    )
    const upstream = await server.connect()
    let ends = 0
    upstream.onEnd(() => (ends += 1))
    const kept = ask(upstream)
    const beyond = await ask(upstream).outcome
    expect([beyond.error?.name, beyond.unsent]).to.deep.equal(['Http2Error', true])
    expect([upstream.canTake, ends]).to.deep.equal([false, 1])
    const late = await ask(upstream).outcome
    expect(late.unsent).to.equal(true)
    kept.call.abort()
    expect((await kept.outcome).unsent).to.equal(false)
  })

  it('finishes what it has after a graceful GOAWAY', async () => {
    const streams: ServerHttp2Stream[] = []
    await using server = await LoopbackUpstream.open((stream) => streams.push(stream))
    const upstream = await server.connect()
    const ended = new Promise<void>((resolve) => upstream.onEnd(resolve))
    const { outcome } = ask(upstream)
    while (streams.length === 0) await turn()
    server.sessions[0]?.close()
    await ended
    expect(upstream.canTake).to.equal(false)
    streams[0]?.respond({}, { endStream: true })
    expect((await outcome).head?.status).to.equal(200)
  })

  it('fails every request when the connection breaks', async () => {
    await using server = await LoopbackUpstream.open(() => server.sessions[0]?.destroy())
    const upstream = await server.connect()
    const asked = [ask(upstream), ask(upstream), ask(upstream)]
    for (const { outcome } of asked) expect((await outcome).error).to.be.an('error')
    expect(upstream.canTake).to.equal(false)
  })

  it('gives up on an upstream that does not answer, or stops in the middle', async () => {
    await using server = await LoopbackUpstream.open((stream, headers) => {
      if (headers[':path'] === '/mute') return
      stream.respond({})
      stream.write('half')
    })
    const upstream = await server.connect({ responseMs: 100, idleMs: 100 })
    const mute = await ask(upstream, outgoing({ target: '/mute' })).outcome
    expect(mute.error).to.include({ name: 'Http2Error', code: 'timeout' })
    expect((await fetchAll(upstream)).error).to.be.an('error')
  })

  it('refuses what HTTP/2 cannot say before anything is sent', async () => {
    await using server = await LoopbackUpstream.open(() => undefined)
    const upstream = await server.connect()
    const { error } = await ask(upstream, outgoing({ headers: [['x', 'a\0b\0c']] })).outcome
    expect(error).to.be.instanceOf(TypeError)
    expect(upstream.canTake).to.equal(true)
  })

  it('lets no upstream push', async () => {
    await using server = await answering(
      frame(kind.settings, { flags: 1 }),
      frame(kind.push, { flags: 4, stream: 1 }, Buffer.concat([number32(2), Buffer.from([0x82])])),
    )
    const upstream = await server.connect()
    expect((await ask(upstream).outcome).error).to.be.an('error')
  })

  it('bears an answer of 421, for which Node looks at the name of the socket', async () => {
    await using server = await LoopbackUpstream.open((stream) => {
      stream.respond({ ':status': 421 }, { endStream: true })
    })
    expect((await fetchAll(await server.connect())).status).to.equal(421)
  })

  it('ends a connection whose upstream floods it', async () => {
    await using server = await answering(
      ...Array.from({ length: 5_000 }, () => frame(kind.settings, {})),
    )
    const upstream = await server.connect()
    const ended = new Promise<void>((resolve) => upstream.onEnd(resolve))
    expect((await ask(upstream).outcome).error).to.be.an('error')
    await ended
  })

  it('stops the source of a request when the stream ends early', async () => {
    await using server = await LoopbackUpstream.open((stream) => stream.close(2))
    const body = new PartsBody(Array.from({ length: 1_000 }, () => Buffer.alloc(16_384)))
    const upstream = await server.connect()
    const { error } = await ask(upstream, outgoing({ method: 'POST' }), body).outcome
    expect(error).to.be.an('error')
    await once(process, 'nothing', { signal: AbortSignal.timeout(1) }).catch(() => undefined)
    expect(body.cancelled).to.equal(true)
  })
})
