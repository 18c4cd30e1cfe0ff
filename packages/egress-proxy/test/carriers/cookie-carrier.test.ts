import { expect } from 'chai'
import { cookieCarrier } from '../../dist/carriers/cookie-carrier.js'
import type { Field } from '../../dist/http-message.js'
import { faultOf, leaving, put, secretText, texts } from './fixture.ts'

describe('a credential in a cookie', () => {
  const cases: readonly [before: readonly Field[], after: string, why: string][] = [
    [[], 'sid=S', 'none'],
    [[['cookie', 'sid=dummy']], 'sid=S', 'a dummy goes'],
    [[['cookie', 'a=1; sid=dummy; b=2']], 'a=1; b=2; sid=S', 'others stay'],
    [
      [
        ['cookie', 'sid=x'],
        ['cookie', 'sid=y;sid=z; c=3'],
      ],
      'c=3; sid=S',
      'every one goes',
    ],
    [[['cookie', 'sid =x; sid']], 'sid=S', 'however it is spaced'],
    [[['cookie', 'SID=x']], 'SID=x; sid=S', 'case counts'],
  ]
  for (const [before, after, why] of cases) {
    it(`makes ${after}: ${why}`, () => {
      const { head } = put(cookieCarrier('sid'), leaving('/', [['accept', '*/*'], ...before]), 'S')
      expect(head.headers).to.deep.equal([
        ['accept', '*/*'],
        ['cookie', after],
      ])
    })
  }

  for (const secret of ['a;b=c', 'line\r\nbreak', 'nul\0byte', 'é', ''])
    it(`is refused with ${JSON.stringify(secret)}`, () => {
      expect(faultOf(() => put(cookieCarrier('sid'), leaving('/'), secret), secret)).to.match(
        /^the secret/,
      )
    })

  it('hides the secret', () => {
    expect(texts(cookieCarrier('sid').hidden(Buffer.from(secretText)))).to.deep.equal([secretText])
  })
})
