import { expect } from 'chai'
import * as fc from 'fast-check'
import { queryCarrier } from '../../dist/carriers/query-carrier.js'
import { faultOf, leaving, put, texts } from './fixture.ts'

function hasControl(text: string): boolean {
  return Buffer.from(text).some((byte) => byte < 0x20 || byte === 0x7f)
}

describe('a credential in the query', () => {
  const cases: readonly [before: string, after: string, why: string][] = [
    ['/v1', '/v1?key=S', 'no query'],
    ['/v1?', '/v1?key=S', 'an empty query'],
    ['/v1?a=1&b=2', '/v1?a=1&b=2&key=S', 'others stay, in order'],
    ['/v1?a=1&key=dummy&b=2', '/v1?a=1&b=2&key=S', 'a dummy goes'],
    ['/v1?key=x&key=y', '/v1?key=S', 'every one goes'],
    ['/v1?key', '/v1?key=S', 'one without a value goes'],
    ['/v1?%6Bey=x&k%65y=y', '/v1?key=S', 'however it is escaped'],
    ['/v1?KEY=x', '/v1?KEY=x&key=S', 'case counts'],
    ['/v1?a=%20+%2B&c', '/v1?a=%20+%2B&c&key=S', 'what was judged is sent as it was judged'],
    ['/v1?a=b?c=d', '/v1?a=b?c=d&key=S', 'a question mark in the query'],
  ]
  for (const [before, after, why] of cases) {
    it(`makes ${after} of ${before}: ${why}`, () => {
      expect(put(queryCarrier('key'), leaving(before), 'S').head.target).to.equal(after)
    })
  }

  it('has a name that is escaped, too', () => {
    const { head } = put(queryCarrier('a&b'), leaving('/?a%26b=x'), 'S')
    expect(head.target).to.equal('/?a%26b=S')
  })

  it('comes out as it went in, whatever it is, and is the only one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (secret) => {
        fc.pre(!hasControl(secret) && Buffer.from(secret).toString() === secret)
        const { head } = put(queryCarrier('key'), leaving('/?key=dummy&z=1'), secret)
        const { searchParams } = new URL(head.target, 'https://api.good.test')
        expect(searchParams.getAll('key')).to.deep.equal([secret])
        expect([...searchParams.keys()]).to.deep.equal(['z', 'key'])
      }),
      { seed: 11, numRuns: 300 },
    )
  })

  it('hides the secret, and how it is escaped', () => {
    expect(texts(queryCarrier('key').hidden(Buffer.from('a b/c')))).to.deep.equal([
      'a b/c',
      'a%20b%2Fc',
    ])
  })

  it('is refused with control characters, and in a query that is no UTF-8', () => {
    const carrier = queryCarrier('key')
    expect(faultOf(() => put(carrier, leaving('/'), 'line\r\nbreak'), 'line\r\nbreak')).to.match(
      /control/,
    )
    expect(faultOf(() => put(carrier, leaving('/?%FF=1'), 'S'), 'S')).to.match(/UTF-8/)
  })
})
