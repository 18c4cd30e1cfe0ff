import { expect } from 'chai'
import type { Field } from '../../dist/http-message.js'
import {
  acceptFor,
  acceptsHandshake,
  handshakeFault,
  passedHandshakeFields,
} from '../../dist/websocket/handshake.js'

const key = 'dGhlIHNhbXBsZSBub25jZQ=='
const accept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
const request: Field[] = [
  ['sec-websocket-key', key],
  ['sec-websocket-version', '13'],
]

function offering(...protocols: string[]): Field[] {
  return [...request, ...protocols.map((one): Field => ['sec-websocket-protocol', one])]
}

describe('handshakeFault', () => {
  const proper: [why: string, fields: Field[]][] = [
    ['key and version', request],
    ['sub-protocols', offering('chat, superchat')],
    ['sub-protocols in two fields', offering('chat', 'superchat')],
    ['other fields', [...request, ['origin', 'https://good.test']]],
  ]
  for (const [why, fields] of proper) {
    it(`accepts ${why}`, () => {
      expect(handshakeFault(fields)).to.equal(null)
    })
  }

  const version: Field = ['sec-websocket-version', '13']
  const faults: [why: string, fields: Field[]][] = [
    ['nothing', []],
    ['no key', [version]],
    ['no version', [['sec-websocket-key', key]]],
    [
      'an older version',
      [
        ['sec-websocket-key', key],
        ['sec-websocket-version', '8'],
      ],
    ],
    [
      'two versions in one field',
      [
        ['sec-websocket-key', key],
        ['sec-websocket-version', '13, 8'],
      ],
    ],
    ['two versions', [...request, version]],
    ['two keys', [...request, ['sec-websocket-key', key]]],
    ['an empty key', [version, ['sec-websocket-key', '']]],
    ['a key of 15 bytes', [version, ['sec-websocket-key', Buffer.alloc(15).toString('base64')]]],
    ['a key of 17 bytes', [version, ['sec-websocket-key', Buffer.alloc(17).toString('base64')]]],
    ['a key without padding', [version, ['sec-websocket-key', key.slice(0, -2)]]],
    [
      'a key with bits that mean nothing',
      [version, ['sec-websocket-key', key.replace('Q==', 'R==')]],
    ],
    ['a key in the alphabet of URLs', [version, ['sec-websocket-key', `-_${key.slice(2)}`]]],
    ['an empty sub-protocol', offering('')],
    ['a list that ends in a comma', offering('chat,')],
    ['a sub-protocol twice', offering('chat', 'chat')],
    ['a sub-protocol with a blank', offering('a b')],
  ]
  for (const [why, fields] of faults) {
    it(`refuses ${why}`, () => {
      expect(handshakeFault(fields)).to.be.a('string')
    })
  }
})

describe('acceptsHandshake', () => {
  it('knows the answer of RFC 6455, 1.3', () => {
    expect(acceptFor(key)).to.equal(accept)
    expect(acceptsHandshake(request, [['sec-websocket-accept', accept]])).to.equal(true)
  })

  it('accepts a sub-protocol that was offered', () => {
    const response: Field[] = [
      ['sec-websocket-accept', accept],
      ['sec-websocket-protocol', 'superchat'],
    ]
    expect(acceptsHandshake(offering('chat, superchat'), response)).to.equal(true)
    expect(acceptsHandshake(offering('chat'), response)).to.equal(false)
    expect(acceptsHandshake(request, response)).to.equal(false)
  })

  const good: Field = ['sec-websocket-accept', accept]
  const refused: [why: string, fields: Field[]][] = [
    ['no answer to the key', []],
    ['the answer to another key', [['sec-websocket-accept', acceptFor('x')]]],
    ['the answer twice', [good, good]],
    ['the answer in other case', [['sec-websocket-accept', accept.toLowerCase()]]],
    ['an extension', [good, ['sec-websocket-extensions', 'permessage-deflate']]],
    ['an empty extension', [good, ['sec-websocket-extensions', '']]],
    ['two sub-protocols', [good, ['sec-websocket-protocol', 'a'], ['sec-websocket-protocol', 'b']]],
  ]
  for (const [why, fields] of refused) {
    it(`refuses ${why}`, () => {
      expect(acceptsHandshake(offering('a', 'b'), fields)).to.equal(false)
    })
  }

  it('refuses any answer to a request that is no handshake', () => {
    expect(acceptsHandshake([['sec-websocket-key', key]], [good])).to.equal(false)
  })
})

describe('passedHandshakeFields', () => {
  it('leaves out the offer of extensions, and nothing else', () => {
    const fields: Field[] = [...request, ['sec-websocket-extensions', 'permessage-deflate']]
    expect(passedHandshakeFields(fields)).to.deep.equal(request)
  })
})
