import { expect } from 'chai'
import * as fc from 'fast-check'
import { decodeQuery, dnsCodes, encodeAnswer, encodeName } from '../../dist/resolve/dns-message.js'
import { dnsQuery, opt, wireName } from './dns-message-sample.ts'

const longLabels = [63, 63, 63, 61].map((length) => 'a'.repeat(length))

describe('decodeQuery', () => {
  it('reads a question', () => {
    expect(decodeQuery(dnsQuery('API.good.test', { type: 28 }))).to.deep.include({
      id: 0x1234,
      recursionDesired: true,
      name: 'API.good.test',
      type: 28,
      edns: false,
      fault: null,
    })
  })

  it('tolerates EDNS with options', () => {
    for (const size of [0, 12, 400]) {
      const bytes = dnsQuery('good.test', { counts: [1, 0, 0, 1], tail: opt(size) })
      expect(decodeQuery(bytes)).to.deep.include({ name: 'good.test', edns: true, fault: null })
    }
  })

  it('reads the longest name, the root, and odd bytes', () => {
    expect(decodeQuery(dnsQuery(wireName(longLabels)))?.name).to.have.length(253)
    expect(decodeQuery(dnsQuery(''))).to.deep.include({ name: '', fault: null })
    expect(decodeQuery(dnsQuery('a\0b.\xff'))).to.deep.include({ name: 'a\0b.\xff', fault: null })
  })

  const silent: [why: string, bytes: Buffer][] = [
    ['nothing', Buffer.alloc(0)],
    ['half a header', dnsQuery('a').subarray(0, 11)],
    ['an answer', dnsQuery('a', { flags: 0x8180 })],
  ]
  for (const [why, bytes] of silent) {
    it(`says nothing to ${why}`, () => {
      expect(decodeQuery(bytes)).to.equal(null)
    })
  }

  const faults: [why: string, code: number, bytes: Buffer][] = [
    ['another operation', dnsCodes.notImplemented, dnsQuery('a', { flags: 0x2800 })],
    ['a status request', dnsCodes.notImplemented, dnsQuery('a', { flags: 0x1000 })],
    ['a cut query', dnsCodes.formatError, dnsQuery('a', { flags: 0x0300 })],
    ['no question', dnsCodes.formatError, dnsQuery('a', { counts: [0, 0, 0, 0] })],
    ['two questions', dnsCodes.formatError, dnsQuery('a', { counts: [2, 0, 0, 0] })],
    ['an answer record', dnsCodes.formatError, dnsQuery('a', { counts: [1, 1, 0, 0] })],
    ['an authority record', dnsCodes.formatError, dnsQuery('a', { counts: [1, 0, 1, 0] })],
    [
      'two additional records',
      dnsCodes.formatError,
      dnsQuery('a', { counts: [1, 0, 0, 2], tail: Buffer.concat([opt(), opt()]) }),
    ],
    ['a missing OPT record', dnsCodes.formatError, dnsQuery('a', { counts: [1, 0, 0, 1] })],
    [
      'another additional record',
      dnsCodes.formatError,
      dnsQuery('a', { counts: [1, 0, 0, 1], tail: Buffer.from('0000fa00ff000000000000', 'hex') }),
    ],
    [
      'a cut OPT record',
      dnsCodes.formatError,
      dnsQuery('a', { counts: [1, 0, 0, 1], tail: opt(9).subarray(0, 15) }),
    ],
    ['bytes at the end', dnsCodes.formatError, dnsQuery('a', { tail: Buffer.from('x') })],
    [
      'bytes behind OPT',
      dnsCodes.formatError,
      dnsQuery('a', { counts: [1, 0, 0, 1], tail: Buffer.concat([opt(), Buffer.from('x')]) }),
    ],
    [
      'more than 512 bytes',
      dnsCodes.formatError,
      dnsQuery('a', { counts: [1, 0, 0, 1], tail: opt(600) }),
    ],
    ['a pointer', dnsCodes.formatError, dnsQuery(Buffer.from([0xc0, 12]))],
    ['a pointer behind a label', dnsCodes.formatError, dnsQuery(Buffer.from([1, 97, 0xc0, 12]))],
    ['a label of a reserved kind', dnsCodes.formatError, dnsQuery(Buffer.from([0x41, 0, 0]))],
    ['a label of 64', dnsCodes.formatError, dnsQuery(wireName(['a'.repeat(64)]))],
    [
      'a name of 254',
      dnsCodes.formatError,
      dnsQuery(wireName([...longLabels.slice(0, 3), 'b'.repeat(62)])),
    ],
    ['a dot within a label', dnsCodes.formatError, dnsQuery(wireName(['evil.good', 'test']))],
    ['a name without end', dnsCodes.formatError, dnsQuery('good.test').subarray(0, 20)],
    ['no type', dnsCodes.formatError, dnsQuery('a').subarray(0, 15)],
    ['half a class', dnsCodes.formatError, dnsQuery('a').subarray(0, 18)],
    ['the Chaos class', dnsCodes.refused, dnsQuery('version.bind', { class: 3 })],
    ['any class', dnsCodes.refused, dnsQuery('a', { class: 255 })],
  ]
  for (const [why, code, bytes] of faults) {
    it(`refuses: ${why}`, () => {
      expect(decodeQuery(bytes)).to.include({ fault: code, id: 0x1234 })
    })
  }

  it('never throws, and answers in bounds, whatever comes', () => {
    const valid = dnsQuery('api.good.test', { counts: [1, 0, 0, 1], tail: opt(4) })
    const change = fc.record({
      at: fc.nat(valid.length - 1),
      byte: fc.integer({ min: 0, max: 255 }),
    })
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
      fc
        .record({ changes: fc.array(change, { maxLength: 4 }), end: fc.nat(valid.length) })
        .map(({ changes, end }) => {
          const bytes = Buffer.from(valid)
          for (const { at, byte } of changes) bytes[at] = byte
          return bytes.subarray(0, end)
        }),
    )
    fc.assert(
      fc.property(hostile, (bytes) => {
        const query = decodeQuery(bytes)
        if (query === null) return
        expect(query.name.length).to.be.at.most(253)
        expect(encodeAnswer(query, dnsCodes.refused).length).to.be.at.most(12 + 259 + 11)
      }),
      { seed: 51, numRuns: 10_000 },
    )
  })
})

describe('encodeAnswer', () => {
  it('sends the question back as it was written', () => {
    const bytes = dnsQuery('API.good.test')
    const query = decodeQuery(bytes)
    if (query === null) throw new Error('no query')
    const answer = encodeAnswer(query, dnsCodes.noError, [
      { type: 1, data: Buffer.from([127, 64, 0, 1]), ttlSeconds: 60 },
    ])
    expect(answer.toString('hex')).to.equal(
      `123481800001000100000000${bytes.subarray(12).toString('hex')}` +
        'c00c000100010000003c00047f400001',
    )
  })

  it('sends no question back that could not be read', () => {
    const query = decodeQuery(dnsQuery('a', { flags: 0x2000 }))
    if (query === null) throw new Error('no query')
    expect(encodeAnswer(query, dnsCodes.notImplemented).toString('hex')).to.equal(
      '123480840000000000000000',
    )
  })
})

describe('encodeName', () => {
  it('writes labels and the root', () => {
    expect(encodeName('good.test')).to.deep.equal(wireName(['good', 'test']))
  })
})
