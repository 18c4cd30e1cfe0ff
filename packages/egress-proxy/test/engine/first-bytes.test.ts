import { expect } from 'chai'
import { openingOf } from '../../dist/engine/first-bytes.js'

const cases: [first: string, opening: string, why: string][] = [
  ['\x16\x03\x01', 'tls', 'a handshake record'],
  ['\x05', 'socks5', 'a version'],
  ['G', 'http', 'a method may come in pieces'],
  ['SEARCH / HTTP/1.1', 'http', 'a method'],
  ['SSH', 'http', 'not yet more than a method'],
  ['SSH-2.0-x\r\n', 'unknown', 'a banner of SSH'],
  ['get / HTTP/1.1', 'unknown', 'methods are upper case'],
  ['\x04\x01', 'unknown', 'an older version of SOCKS'],
  ['\0', 'unknown', 'nothing known'],
  ['', 'unknown', 'nothing'],
]

describe('openingOf', () => {
  for (const [first, opening, why] of cases)
    it(`takes ${JSON.stringify(first)} for ${opening}: ${why}`, () => {
      expect(openingOf(Buffer.from(first, 'latin1'))).to.equal(opening)
    })
})
