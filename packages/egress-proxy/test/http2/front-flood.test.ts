import { expect } from 'chai'
import type { Exchange } from '../../dist/exchange.js'
import { frame, get, headersFrames, kind, number32, pack, type RawPeer } from './frames.ts'
import { PartsBody } from './bodies.ts'
import { LoopbackFront } from './loopback-front.ts'

const ok = (exchange: Exchange): void => exchange.respond({ status: 200, headers: [] }, null)
const mute = (): void => undefined
const fewBytes = 64 * 1_048_576

/** Bursts of `make(index)`, so that each flood is written at the pace of the connection. */
async function flood(
  peer: RawPeer,
  count: number,
  make: (index: number) => Uint8Array,
): Promise<void> {
  for (let index = 0; index < count && !peer.ended; index += 100) {
    await peer.pour(Buffer.concat(Array.from({ length: 100 }, (_, at) => make(index + at))))
  }
}

const odd = (index: number): number => 1 + 2 * index

describe('front of HTTP/2 under a flood', () => {
  const floods: [string, (peer: RawPeer) => Promise<void>, (exchange: Exchange) => void][] = [
    [
      'of 10,000 rapid resets (W09)',
      (peer) =>
        flood(peer, 10_000, (index) =>
          Buffer.concat([
            headersFrames(odd(index), get),
            frame(kind.reset, { stream: odd(index) }, number32(8)),
          ]),
        ),
      mute,
    ],
    [
      'of resets by malformed requests',
      (peer) => flood(peer, 10_000, (index) => headersFrames(odd(index), [...get, ['X', 'y']])),
      mute,
    ],
    [
      'of resets that we are made to send, by windows that overflow',
      (peer) =>
        flood(peer, 10_000, (index) =>
          Buffer.concat([
            headersFrames(odd(index), get),
            frame(kind.window, { stream: odd(index) }, number32(0x7fffffff)),
          ]),
        ),
      mute,
    ],
    [
      'of 10,000 CONTINUATION frames (W09)',
      async (peer) => {
        peer.write(frame(kind.headers, { stream: 1 }, pack(get)))
        const part = frame(kind.continuation, { stream: 1 }, pack([['x', 'y'.repeat(64)]]))
        await flood(peer, 10_000, () => part)
      },
      mute,
    ],
    [
      'of empty CONTINUATION frames',
      async (peer) => {
        peer.write(frame(kind.headers, { stream: 1 }, pack(get)))
        await flood(peer, 10_000, () => frame(kind.continuation, { stream: 1 }))
      },
      mute,
    ],
    [
      'of 10,000 SETTINGS frames (W09)',
      (peer) => flood(peer, 10_000, () => frame(kind.settings, {})),
      mute,
    ],
    [
      'of 10,000 PING frames (W09)',
      (peer) => flood(peer, 10_000, () => frame(kind.ping, {}, Buffer.alloc(8))),
      mute,
    ],
    [
      'of empty DATA frames',
      async (peer) => {
        peer.write(headersFrames(1, [[':method', 'POST'], ...get.slice(1)], false))
        await flood(peer, 10_000, () => frame(kind.data, { stream: 1 }))
      },
      mute,
    ],
    [
      'of 10,000 streams that are never answered',
      (peer) => flood(peer, 10_000, (index) => headersFrames(odd(index), get)),
      mute,
    ],
    [
      'that overflows the window of the connection (W09)',
      async (peer) => peer.write(frame(kind.window, {}, number32(0x7fffffff))),
      mute,
    ],
    [
      'of DATA beyond the window',
      async (peer) => {
        peer.write(headersFrames(1, [[':method', 'POST'], ...get.slice(1)], false))
        const data = frame(kind.data, { stream: 1 }, Buffer.alloc(16_384))
        await flood(peer, 2_000, () => data)
      },
      mute,
    ],
  ]
  for (const [title, attack, onExchange] of floods) {
    it(`ends the connection ${title}, keeps little, and serves others`, async () => {
      let attacked = true
      await using front = await LoopbackFront.open((exchange) => {
        if (attacked) onExchange(exchange)
        else ok(exchange)
      })
      const before = process.memoryUsage().rss
      const peer = await front.raw()
      await attack(peer)
      await peer.closed()
      expect(process.memoryUsage().rss - before).to.be.below(fewBytes)
      attacked = false
      const other = await front.raw()
      other.write(headersFrames(1, get))
      expect(await other.outcome(1)).to.equal('headers')
    })
  }

  it('ends with ENHANCE_YOUR_CALM, and tells it', async () => {
    await using front = await LoopbackFront.open(mute)
    const peer = await front.raw()
    const pings = Buffer.concat(
      Array.from({ length: 100 }, () => frame(kind.ping, {}, Buffer.alloc(8))),
    )
    // Slowly enough for the answers to leave: nghttp2 ends a queue of them by itself, as INTERNAL_ERROR.
    for (let burst = 0; burst < 20 && !peer.ended; burst += 1) {
      await peer.pour(pings)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    const goaway = await peer.frame(({ type }) => type === kind.goaway)
    if (goaway !== undefined) expect(goaway.payload.readUInt32BE(4)).to.equal(0xb)
    expect(front.faults.map(({ code }) => code)).to.deep.equal(['limit'])
  })

  it('ends a connection that moves much and says nothing', async () => {
    await using front = await LoopbackFront.open(mute)
    const peer = await front.raw()
    peer.write(headersFrames(1, [[':method', 'POST'], ...get.slice(1)], false))
    const unknown = frame(0xee, {}, Buffer.alloc(16_000))
    while (!peer.ended) await flood(peer, 100, () => unknown)
    expect(front.faults.map(({ code }) => code)).to.include('limit')
  })

  it('does not take a client that cancels now and then for a flood', async () => {
    await using front = await LoopbackFront.open((exchange) => {
      if (exchange.head.target === '/') ok(exchange)
    })
    const peer = await front.raw()
    const slow = get.map(([name, value]) => [name, name === ':path' ? '/slow' : value] as const)
    for (let index = 0; index < 400; index += 2) {
      peer.write(headersFrames(odd(index), get))
      expect(await peer.outcome(odd(index))).to.equal('headers')
      peer.write(headersFrames(odd(index + 1), slow))
      peer.write(frame(kind.reset, { stream: odd(index + 1) }, number32(8)))
    }
    expect(front.faults).to.deep.equal([])
  })

  it('is paced by a client that does not read', async () => {
    const body = new PartsBody(Array.from({ length: 4_000 }, () => Buffer.alloc(65_536)))
    await using front = await LoopbackFront.open((exchange) => {
      exchange.respond({ status: 200, headers: [] }, body)
    })
    const before = process.memoryUsage().rss
    const peer = await front.raw()
    peer.write(headersFrames(1, get))
    await peer.frame(({ type }) => type === kind.data)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(process.memoryUsage().rss - before).to.be.below(fewBytes)
    expect(body.pauses).to.be.greaterThan(0)
  })
})
