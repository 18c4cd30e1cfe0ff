import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { expect } from 'chai'
import type { Hit } from '../../dist/dlp/hit.js'
import { RefusalError } from '../../dist/refusal.js'
import { drained, inPieces, PiecedBody } from '../redact/bodies.js'
import { canary, host, watch } from './watched.js'

describe('a body on its way out', () => {
  async function sent(
    pieces: readonly Uint8Array[],
    coding: 'identity' | 'gzip' | 'deflate' | 'br' | 'unknown',
    stutter = false,
  ): Promise<{
    readonly bytes: Buffer
    readonly code: string | null
    readonly hits: readonly Hit[]
  }> {
    const hits: Hit[] = []
    const source = new PiecedBody(pieces, [['x-trailer', 'plain']])
    const body = watch().watched(source, { host, coding }, (hit) => void hits.push(hit))
    expect(body.length).to.equal(source.length)
    const { bytes, failure, trailers } = await drained(body, stutter)
    if (failure === null) expect(trailers).to.deep.equal([['x-trailer', 'plain']])
    else expect(source.isCancelled).to.equal(true)
    const code = failure instanceof RefusalError ? failure.refusal.code : null
    return { bytes, code, hits }
  }
  const plain = Buffer.from(Array.from({ length: 20_000 }, (_, at) => `line ${at}\n`).join(''))
  const leak = Buffer.concat([plain, Buffer.from(canary), plain])
  const encoders = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync } as const

  for (const coding of ['gzip', 'deflate', 'br'] as const) {
    it(`is passed on as it is in ${coding}, and stopped where a canary is in it`, async () => {
      const encode = encoders[coding]
      for (const size of [997, 1_000_000]) {
        const clean = encode(plain)
        const passed = await sent(inPieces(clean, size), coding, size < 1000)
        expect(passed.code).to.equal(null)
        expect(passed.bytes.equals(clean)).to.equal(true)
        const stopped = await sent(inPieces(encode(leak), size), coding)
        expect(stopped.code).to.equal('canary_found')
        expect(stopped.hits).to.have.lengthOf(1)
        expect(stopped.bytes.length).to.be.below(encode(leak).length)
      }
    })
  }

  it('is stopped before the end of what is found leaves', async () => {
    const { bytes, code } = await sent(inPieces(leak, 1000), 'identity')
    expect(code).to.equal('canary_found')
    expect(bytes.includes(canary)).to.equal(false)
    expect(bytes.length).to.be.at.most(plain.length + canary.length)
  })

  const unreadable: readonly (readonly [
    string,
    Uint8Array,
    'gzip' | 'deflate' | 'br' | 'unknown',
  ])[] = [
    ['a coding that is not known', Buffer.from('x'), 'unknown'],
    ['what is not of its coding', Buffer.from('no gzip'), 'gzip'],
    ['what is cut short', gzipSync(plain).subarray(0, 500), 'gzip'],
    ['what has something behind it', Buffer.concat([gzipSync('a'), Buffer.from('behind')]), 'gzip'],
    [
      'what has something behind it, deflated',
      Buffer.concat([deflateSync('a'), Buffer.from('behind')]),
      'deflate',
    ],
    [
      'what has something behind it, in brotli',
      Buffer.concat([brotliCompressSync('a'), Buffer.from('behind')]),
      'br',
    ],
    ['what grows a thousand times', gzipSync(Buffer.alloc(30_000_000)), 'gzip'],
  ]
  for (const [what, bytes, coding] of unreadable) {
    it(`is refused: ${what}`, async () => {
      for (const size of [7, 100_000]) {
        const { code } = await sent(inPieces(bytes, size), coding)
        expect(code).to.equal('body_unreadable')
      }
    })
  }

  it('is looked through as it is sent too, where it is coded', async () => {
    const stored = gzipSync(Buffer.from('a'), { level: 0 })
    const named = Buffer.concat([
      stored.subarray(0, 3),
      Buffer.from([8]),
      stored.subarray(4, 10),
      Buffer.from(`${canary}\0`),
      stored.subarray(10),
    ])
    expect((await sent([named], 'gzip')).code).to.equal('canary_found')
  })

  it('is stopped by its trailers', async () => {
    const source = new PiecedBody([Buffer.from('a')], [['x-trailer', canary]])
    const body = watch().watched(source, { host, coding: 'identity' }, () => undefined)
    expect((await drained(body)).failure).to.be.instanceOf(RefusalError)
  })

  it('may be empty, and waits while nobody takes more', async () => {
    expect((await sent([], 'gzip')).code).to.equal(null)
    const source = new PiecedBody(inPieces(gzipSync(plain), 100))
    const body = watch().watched(source, { host, coding: 'gzip' }, () => undefined)
    await new Promise<void>((resolve) => {
      body.start({
        data: () => {
          body.pause()
          resolve()
        },
        end: () => undefined,
        fail: () => undefined,
      })
    })
    for (let turn = 0; turn < 20; turn += 1)
      await new Promise((resolve) => void setImmediate(resolve))
    expect(source.taken).to.be.at.most(2)
    body.cancel()
    expect(source.isCancelled).to.equal(true)
  })
})
