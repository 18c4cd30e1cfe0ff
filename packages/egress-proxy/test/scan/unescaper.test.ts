import { expect } from 'chai'
import { Unescaper } from '../../dist/scan/unescaper.js'
import { SeededRandom } from '../tls/seeded-random.js'

function plain(...chunks: readonly string[]): string {
  const unescaper = new Unescaper()
  const parts = chunks.map((chunk) => unescaper.push(Buffer.from(chunk, 'latin1')))
  return Buffer.concat([...parts, unescaper.end()]).toString('latin1')
}

describe('Unescaper', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['plain', 'plain'],
    ['%73%6B', 'sk'],
    ['\\u0073\\x6b', 'sk'],
    ['&#115;&#x6B;&amp;', 'sk&'],
    ['a\\/b\\"c\\\\d', 'a/b"c\\d'],
    ['c2stYW50\r\nLWFw', 'c2stYW50LWFw'],
    ['a\\nb', 'ab'],
    ['100% sure, 5%zz', '100% sure, 5%zz'],
    ['a & b &nosuchname; &#;', 'a & b &nosuchname; &#;'],
    ['\\uZZZZ', '\\uZZZZ'],
    ['ends in %7', 'ends in %7'],
    ['ends in \\', 'ends in \\'],
    ['&#1114112;', '&#1114112;'],
  ]
  for (const [written, read] of cases) {
    it(`reads ${JSON.stringify(written)}, however it is cut`, () => {
      for (let at = 0; at <= written.length; at += 1)
        expect(plain(written.slice(0, at), written.slice(at))).to.equal(read)
      expect(plain(...written.split(''))).to.equal(read)
    })
  }

  it('gives back the very chunk when nothing has to be undone', () => {
    const chunk = Buffer.from('nothing here')
    expect(new Unescaper().push(chunk)).to.equal(chunk)
  })

  it('reads whatever bytes the same, however they are cut', () => {
    const random = new SeededRandom(7)
    for (let run = 0; run < 3000; run += 1) {
      const text = random
        .list(random.below(40), () => random.pick('%\\&;#xu07aF\nq'.split('')))
        .join('')
      const at = random.below(text.length + 1)
      expect(plain(text.slice(0, at), text.slice(at)), text).to.equal(plain(text))
      expect(plain(...text.split('')), text).to.equal(plain(text))
    }
  })
})
