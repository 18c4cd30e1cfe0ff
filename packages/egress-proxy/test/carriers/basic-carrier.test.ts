import { expect } from 'chai'
import { basicCarrier } from '../../dist/carriers/basic-carrier.js'
import { faultOf, leaving, put, texts } from './fixture.ts'

describe('a credential as a password', () => {
  it('is coded with its user name, as in RFC 7617, 2', () => {
    const judged = leaving('/', [['authorization', 'Basic ZHVtbXk6ZHVtbXk=']])
    const { head } = put(basicCarrier('Aladdin'), judged, 'open sesame')
    expect(head.headers).to.deep.equal([['authorization', 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==']])
  })

  it('may be UTF-8, as in RFC 7617, 2.1', () => {
    const { head } = put(basicCarrier('test'), leaving('/'), '123£')
    expect(head.headers).to.deep.equal([['authorization', 'Basic dGVzdDoxMjPCow==']])
  })

  it('hides the password, and what it is coded to, padded or not', () => {
    const hidden = texts(basicCarrier('Aladdin').hidden(Buffer.from('open sesame')))
    expect(hidden).to.deep.equal(['open sesame', 'QWxhZGRpbjpvcGVuIHNlc2FtZQ'])
  })

  for (const secret of ['', 'line\nbreak', 'nul\0', Buffer.from([0x61, 0xff])]) {
    it(`is refused with ${JSON.stringify(secret.toString())}`, () => {
      expect(faultOf(() => put(basicCarrier('u'), leaving('/'), secret), secret)).to.match(/secret/)
    })
  }
})
