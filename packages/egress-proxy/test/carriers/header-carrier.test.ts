import { expect } from 'chai'
import { headerCarrier } from '../../dist/carriers/header-carrier.js'
import { faultOf, leaving, put, secretText, texts } from './fixture.ts'

describe('a credential in a header', () => {
  it('replaces every field of that name and touches nothing else', () => {
    const judged = leaving('/v1?q=1', [
      ['accept', '*/*'],
      ['x-api-key', 'dummy'],
      ['user-agent', 'sdk'],
      ['x-api-key', 'again'],
    ])
    const { head } = put(headerCarrier('x-api-key', null), judged)
    expect(head).to.deep.equal({
      ...judged.head,
      headers: [
        ['accept', '*/*'],
        ['user-agent', 'sdk'],
        ['x-api-key', secretText],
      ],
    })
  })

  it('stands behind its scheme', () => {
    const { head } = put(headerCarrier('authorization', 'Bearer'), leaving('/'))
    expect(head.headers).to.deep.equal([['authorization', `Bearer ${secretText}`]])
  })

  it('leaves the request that was judged as it was', () => {
    const judged = leaving('/', [['x-api-key', 'dummy']])
    put(headerCarrier('x-api-key', null), judged)
    expect(judged.head.headers).to.deep.equal([['x-api-key', 'dummy']])
  })

  const wrong: readonly [secret: string | Buffer, why: string][] = [
    ['', 'empty'],
    ['abc\r\nx-injected: 1', 'a line break begins another field'],
    ['abc\ndef', 'so does half of one for many readers'],
    ['abc\0def', 'C programs stop there'],
    ['abc\tdef', 'a tab may be folded'],
    [' abcdef', 'blanks at the ends are not sent'],
    ['abcdef ', 'blanks at the ends are not sent'],
    ['sécret', 'no ASCII: readers differ'],
    [Buffer.alloc(8), 'a secret that was overwritten'],
    [Buffer.from([0x61, 0xff, 0x62]), 'no text'],
  ]
  for (const [secret, why] of wrong) {
    it(`is refused, and not told, with ${JSON.stringify(secret.toString())}: ${why}`, () => {
      const carrier = headerCarrier('x-api-key', null)
      expect(faultOf(() => put(carrier, leaving('/'), secret), secret)).to.match(/^the secret/)
      expect(faultOf(() => carrier.hidden(Buffer.from(secret)), secret)).to.match(/^the secret/)
    })
  }

  it('may have blanks within', () => {
    const { head } = put(headerCarrier('x-key', null), leaving('/'), 'a b')
    expect(head.headers).to.deep.equal([['x-key', 'a b']])
  })

  it('hides the secret', () => {
    const hidden = headerCarrier('authorization', 'Bearer').hidden(Buffer.from(secretText))
    expect(texts(hidden)).to.deep.equal([secretText])
  })
})
