import { expect } from 'chai'
import type { Field } from '../../dist/http-message.js'
import { collect } from './bodies.ts'
import { RawPeer, frame, headersFrames, kind, preface } from './frames.ts'
import { LoopbackUpstream, ask } from './loopback-upstream.ts'

/** An upstream that answers the first request with `bytes`. */
function answering(...bytes: Uint8Array[]): Promise<LoopbackUpstream> {
  return LoopbackUpstream.raw((socket) => {
    const peer = new RawPeer(socket, preface.length)
    peer.write(frame(kind.settings, {}))
    void peer.frame(({ type }) => type === kind.headers).then(() => peer.write(...bytes))
  })
}

describe('upstream of HTTP/2 that answers malformed', () => {
  const malformed: [string, readonly Field[]][] = [
    ['no status', [['x', 'y']]],
    [
      'a second status',
      [
        [':status', '200'],
        [':status', '200'],
      ],
    ],
    [
      'a field of the connection',
      [
        [':status', '200'],
        ['connection', 'close'],
      ],
    ],
    [
      'an upper-case name',
      [
        [':status', '200'],
        ['X', 'y'],
      ],
    ],
    ['101', [[':status', '101']]],
    [
      'a header of 40,000 bytes',
      [
        [':status', '200'],
        ['x', 'y'.repeat(40_000)],
      ],
    ],
    [
      'a length that the body does not have',
      [
        [':status', '200'],
        ['content-length', '5'],
      ],
    ],
  ]
  for (const [title, fields] of malformed) {
    it(`fails an answer with ${title}`, async () => {
      await using server = await answering(headersFrames(1, fields))
      const upstream = await server.connect()
      const { error, unsent } = await ask(upstream).outcome
      expect([error?.name, unsent]).to.deep.equal(['Http2Error', false])
    })
  }

  it('fails an answer whose end is not where its length is', async () => {
    await using server = await answering(
      headersFrames(
        1,
        [
          [':status', '200'],
          ['content-length', '5'],
        ],
        false,
      ),
      frame(kind.data, { stream: 1, flags: 1 }, Buffer.from('abc')),
    )
    const upstream = await server.connect()
    const { body, error } = await ask(upstream).outcome
    expect((body === null ? error : (await collect(body)).error) instanceof Error).to.equal(true)
  })
})
