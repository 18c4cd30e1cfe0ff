import { expect } from 'chai'
import * as fc from 'fast-check'
import type { Exchange } from '../../dist/exchange.js'
import { collect } from './bodies.ts'
import { frame, get, headersFrames, kind, number32, preface, RawPeer } from './frames.ts'
import { LoopbackFront } from './loopback-front.ts'
import { LoopbackUpstream, ask } from './loopback-upstream.ts'

const anyFrame = fc
  .record({
    type: fc.nat(11),
    flags: fc.constantFrom(0, 1, 4, 5, 8, 0x20, 0x2d, 255),
    stream: fc.constantFrom(0, 1, 2, 3, 5, 7, 0x7fffffff),
    payload: fc.uint8Array({ maxLength: 40 }),
  })
  .map(({ type, flags, stream, payload }) => frame(type, { flags, stream }, payload))

const validFrame = fc.oneof(
  fc.constantFrom(1, 3, 5, 7).map((stream) => headersFrames(stream, get)),
  fc.constantFrom(1, 3, 5, 7).map((stream) => headersFrames(stream, get, false)),
  fc
    .constantFrom(1, 3, 5)
    .map((stream) => frame(kind.data, { stream, flags: 1 }, Buffer.from('x'))),
  fc.constantFrom(1, 3, 5).map((stream) => headersFrames(stream, [['x', 'y']])),
  fc.constantFrom(1, 2, 3).map((stream) => headersFrames(stream, [[':status', '200']], false)),
  fc.constantFrom(1, 3, 5).map((stream) => frame(kind.reset, { stream }, number32(stream))),
  fc.constant(frame(kind.goaway, {}, Buffer.concat([number32(1), number32(0)]))),
)

/** A valid frame with one byte changed. */
const bentFrame = fc.tuple(validFrame, fc.nat(60), fc.nat(255)).map(([whole, at, byte]) => {
  const bent = Buffer.from(whole)
  bent[at % bent.length] = byte
  return bent
})

const frames = fc.array(fc.oneof(validFrame, bentFrame, anyFrame), { minLength: 1, maxLength: 12 })

function serve(exchange: Exchange): void {
  void collect(exchange.body).then(({ error }) => {
    if (error !== null) exchange.abort()
    else exchange.respond({ status: 200, headers: [] }, null)
  })
}

describe('HTTP/2 against frames at random', () => {
  it('a front answers or ends, whatever comes, and serves on', async () => {
    let open = 0
    await using front = await LoopbackFront.open((exchange) => {
      open += 1
      exchange.onClose(() => (open -= 1))
      serve(exchange)
    })
    const attack = async (parts: readonly Uint8Array[]): Promise<void> => {
      const peer = await front.raw()
      for (const part of parts) peer.write(part)
      // Either this is answered, or the connection is at its end, or within a header that never ends.
      peer.write(frame(kind.ping, {}, Buffer.alloc(8, 1)))
      const answered = peer.frame(({ type, flags }) => type === kind.ping && (flags & 1) === 1)
      await Promise.race([answered, new Promise((resolve) => setTimeout(resolve, 500))])
      peer.end()
    }
    await Promise.all(fc.sample(frames, { seed: 20_260_102, numRuns: 300 }).map(attack))
    const client = front.client()
    const stream = client.request({})
    const [headers] = await new Promise<[Record<string, unknown>]>((resolve) =>
      stream.on('response', (told) => resolve([{ ...told }])),
    )
    stream.resume()
    expect(headers[':status']).to.equal(200)
    client.destroy()
    for (const each of front.fronts) each.destroy()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(open).to.equal(0)
  })

  it('an upstream connection settles every request, whatever comes', async () => {
    const attack = async (parts: readonly Uint8Array[]): Promise<void> => {
      await using server = await LoopbackUpstream.raw((socket) => {
        const peer = new RawPeer(socket, preface.length)
        peer.write(frame(kind.settings, {}))
        void peer
          .frame(({ type }) => type === kind.headers)
          .then(() => {
            peer.write(...parts)
            setImmediate(() => socket.end())
          })
      })
      // Node tells nothing of some errors of framing: there it is the time-outs that settle.
      const upstream = await server.connect({ responseMs: 200, idleMs: 200 })
      const outcome = await ask(upstream).outcome
      if (outcome.body !== null) await collect(outcome.body)
      upstream.destroy()
      expect(upstream.canTake).to.equal(false)
    }
    await Promise.all(fc.sample(frames, { seed: 20_260_103, numRuns: 300 }).map(attack))
  })
})
