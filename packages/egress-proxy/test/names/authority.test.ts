import { expect } from 'chai'
import * as fc from 'fast-check'
import { formatAuthority, parseAuthority } from '../../dist/names/authority.js'

describe('parseAuthority', () => {
  const accepted: [
    raw: string,
    usual: number | null,
    host: string,
    port: number,
    literal: boolean,
  ][] = [
    ['API.GOOD.TEST:443', null, 'api.good.test', 443, false],
    ['api.good.test.:8443', null, 'api.good.test', 8443, false],
    ['api.good.test', 443, 'api.good.test', 443, false],
    ['api.good.test:80', 443, 'api.good.test', 80, false],
    ['127.0.0.1:80', null, '127.0.0.1', 80, true],
    ['[::1]:80', null, '::1', 80, true],
    ['[0::1]', 443, '::1', 443, true],
  ]
  for (const [raw, usual, host, port, literal] of accepted) {
    it(`reads ${raw} with usual port ${usual}`, () => {
      expect(parseAuthority(raw, usual)).to.deep.equal({ host, port, literal })
    })
  }

  const ports = [':0', ':65536', ':007', ':+443', ':https', ':443x', ':', '', ':443:443', ': 443']
  const faults = [
    ...ports.map((port) => `good.test${port}`),
    ':443',
    'user@good.test:443',
    'user:password@good.test:443',
    'good.test:443@evil.test:443',
    '::1:443',
    '[::1',
    '[]:443',
    '[::1]443',
    '[::1]x:443',
    '[good.test]:443',
    'good.test:443/a',
    'good.test:443#',
    'https://good.test:443',
    'good.test\0.evil.test:443',
    'good.test:443 ',
    'good.test:443\r\nx: y',
  ]
  for (const raw of faults) {
    it(`refuses ${JSON.stringify(raw)} where a port is needed`, () => {
      expect(parseAuthority(raw, null)).to.have.all.keys('fault')
    })
  }

  it('refuses a colon without a port even where there is a usual one', () => {
    expect(parseAuthority('good.test:', 443)).to.have.all.keys('fault')
    expect(parseAuthority('[::1]:', 443)).to.have.all.keys('fault')
  })

  it('reads back what formatAuthority writes', () => {
    const characters = fc.constantFrom(...'aA1.:[]@-'.split(''))
    fc.assert(
      fc.property(fc.string({ unit: characters, maxLength: 10 }), (raw) => {
        const read = parseAuthority(raw, 443)
        if ('fault' in read) return
        expect(parseAuthority(formatAuthority(read.host, read.port, 443), 443)).to.deep.equal(read)
      }),
      { seed: 3, numRuns: 20_000 },
    )
  })
})

describe('formatAuthority', () => {
  it('leaves out the usual port and brackets IPv6', () => {
    expect(formatAuthority('good.test', 443, 443)).to.equal('good.test')
    expect(formatAuthority('good.test', 8443, 443)).to.equal('good.test:8443')
    expect(formatAuthority('::1', 80, 80)).to.equal('[::1]')
    expect(formatAuthority('::1', 81, 80)).to.equal('[::1]:81')
  })
})
