import { brotliCompressSync, constants, createGzip, deflateSync, gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { DecodedBody } from '../../dist/redact/decoded-body.js'
import { codingOf } from '../../dist/scan/content-coding.js'
import { SeededRandom } from '../tls/seeded-random.js'
import { drained, inPieces, PiecedBody } from './bodies.js'

describe('DecodedBody', () => {
  it('ends or fails, whatever bytes come, and never gives more than a hundred times as much', async () => {
    const random = new SeededRandom(11)
    const plain = Buffer.from(random.list(2000, () => random.below(40)))
    const coded = {
      gzip: gzipSync(plain),
      deflate: deflateSync(plain),
      br: brotliCompressSync(plain),
    }
    for (let round = 0; round < 300; round += 1) {
      const coding = random.pick(['gzip', 'deflate', 'br'] as const)
      const bytes = Buffer.from(coded[coding])
      for (let change = random.below(4); change > 0; change -= 1)
        bytes[random.below(bytes.length)] = random.below(256)
      const cut = bytes.subarray(
        0,
        random.below(3) === 0 ? random.below(bytes.length) : bytes.length,
      )
      const source = new PiecedBody(inPieces(cut, 1 + random.below(700)))
      const { failure, trailers, bytes: got } = await drained(new DecodedBody(source, coding))
      expect(failure === null).to.equal(trailers !== null)
      expect(got.length).to.be.at.most(1_048_576 + 100 * cut.length)
      if (failure === null && cut.length === bytes.length && bytes.equals(coded[coding]))
        expect(got.equals(plain)).to.equal(true)
    }
  })

  it('reads one of several members as one body', async () => {
    const both = Buffer.concat([gzipSync('one '), gzipSync('two')])
    for (const size of [1, 5, 1000]) {
      const body = new DecodedBody(new PiecedBody(inPieces(both, size)), 'gzip')
      expect((await drained(body, true)).bytes.toString()).to.equal('one two')
    }
  })

  it('gives what a server sent so far, without waiting for more', async () => {
    const lines = ['data: one\n\n', 'data: two\n\n']
    const gzip = createGzip()
    gzip.write(lines[0])
    await new Promise<void>((resolve) => gzip.flush(constants.Z_SYNC_FLUSH, resolve))
    const flushed: unknown = gzip.read()
    if (!Buffer.isBuffer(flushed)) throw new TypeError('nothing was flushed')
    const body = new DecodedBody(new PiecedBody([flushed, new Uint8Array(0)]), 'gzip')
    const first = await new Promise<string>((resolve) => {
      body.start({
        data: (chunk) => resolve(Buffer.from(chunk).toString()),
        end: () => resolve('nothing'),
        fail: () => resolve('a failure'),
      })
    })
    expect(first).to.equal(lines[0])
    body.cancel()
  })
})

describe('codingOf', () => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [[], 'identity'],
    [['identity'], 'identity'],
    [[' GZip '], 'gzip'],
    [['x-gzip'], 'gzip'],
    [['identity', 'br'], 'br'],
    [['gzip', 'gzip'], 'unknown'],
    [['gzip, br'], 'unknown'],
    [['zstd'], 'unknown'],
    [['gzip;q=1'], 'unknown'],
  ]
  for (const [values, coding] of cases) {
    it(`reads ${JSON.stringify(values)} as ${coding}`, () => {
      expect(codingOf(values.map((value) => ['content-encoding', value]))).to.equal(coding)
    })
  }
})
