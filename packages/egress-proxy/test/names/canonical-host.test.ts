import { expect } from 'chai'
import * as fc from 'fast-check'
import { canonicalHost, canonicalPort } from '../../dist/names/canonical-host.js'

const label63 = 'a'.repeat(63)
const name253 = [label63, label63, label63, 'b'.repeat(61)].join('.')

describe('canonicalHost', () => {
  const names: [why: string, raw: string, host: string][] = [
    ['lower case is kept', 'api.good.test', 'api.good.test'],
    ['upper case is lowered', 'API.Good.TEST', 'api.good.test'],
    ['one dot at the end is dropped', 'api.good.test.', 'api.good.test'],
    ['underscores exist in real names', '_dmarc.good.test', '_dmarc.good.test'],
    ['A-labels are plain labels', 'xn--e1aybc.good.test', 'xn--e1aybc.good.test'],
    ['one label', 'localhost', 'localhost'],
    ['the longest label', `${label63}.test`, `${label63}.test`],
    ['the longest name', name253, name253],
    ['the longest name with a dot at the end', `${name253}.`, name253],
    ['numbers before a last label with letters', '1.2.3.4a', '1.2.3.4a'],
    ['hexadecimal letters alone are a name', 'dead.beef', 'dead.beef'],
  ]
  for (const [why, raw, host] of names) {
    it(`accepts: ${why}`, () => {
      expect(canonicalHost(raw)).to.deep.equal({ host, literal: false })
    })
  }

  const literals: [raw: string, host: string][] = [
    ['127.0.0.1', '127.0.0.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['::1', '::1'],
    ['[::1]', '::1'],
    ['[2001:DB8:0:0:0:0:0:1]', '2001:db8::1'],
    ['::ffff:10.0.0.1', '::ffff:a00:1'],
    ['[::]', '::'],
  ]
  for (const [raw, host] of literals) {
    it(`tells the address ${raw} apart`, () => {
      expect(canonicalHost(raw)).to.deep.equal({ host, literal: true })
    })
  }

  const faults: [why: string, raw: string][] = [
    ['nothing', ''],
    ['the root', '.'],
    ['two dots at the end', 'api.good.test..'],
    ['an empty label', 'a..b'],
    ['a dot at the start', '.good.test'],
    ['a label of 64', `${'a'.repeat(64)}.test`],
    ['a name of 254', `a${name253}`],
    ['a name of 254 with a dot', `a${name253}.`],
    ['a hyphen at the start of a label', '-a.test'],
    ['a hyphen at the end of a label', 'a.b-'],
    ['a hyphen at the end of an inner label', 'a-.test'],
    ['a NUL that hides the rest', 'evil.test\0.wild.test'],
    ['an escape', 'good%2etest'],
    ['a wildcard', '*.good.test'],
    ['a blank', 'good test'],
    ['a tab at the end', 'good.test\t'],
    ['a line feed at the end', 'good.test\n'],
    ['a slash', 'good.test/a'],
    ['a backslash', 'good.test\\a'],
    ['user information', 'a@good.test'],
    ['a port', 'good.test:443'],
    ['Cyrillic', 'тест.good.test'],
    ['an ideographic full stop', 'good\u3002test'],
    ['full-width digits', '１２７.0.0.1'],
    ['a soft hyphen', 'go\u00adod.test'],
    ['the Kelvin sign', '\u212aelvin.test'],
    ['a dotless i that upper-cases to I', 'g\u0131t.test'],
    ['8-bit bytes', 'good\xe9.test'],
    ['octal', '0177.0.0.1'],
    ['hexadecimal', '0x7f.0.0.1'],
    ['hexadecimal in one', '0x7f000001'],
    ['hexadecimal upper case', '0X7F.1'],
    ['a bare 0x', 'a.0x'],
    ['a short form', '127.1'],
    ['one number', '2130706433'],
    ['five numbers', '1.2.3.4.5'],
    ['an octet of 256', '1.2.3.256'],
    ['an address with a dot at the end', '127.0.0.1.'],
    ['a name that ends in a number', 'good.test.1'],
    ['a zone', 'fe80::1%eth0'],
    ['an escaped zone', '[fe80::1%25eth0]'],
    ['brackets around IPv4', '[127.0.0.1]'],
    ['brackets around a name', '[good.test]'],
    ['an open bracket', '[::1'],
    ['a closing bracket', '::1]'],
    ['two brackets', '[[::1]]'],
  ]
  for (const [why, raw] of faults) {
    it(`refuses: ${why}`, () => {
      expect(canonicalHost(raw)).to.have.all.keys('fault')
    })
  }

  it('tells nothing of what it refuses', () => {
    for (const [, raw] of faults) {
      const result = canonicalHost(raw)
      if ('fault' in result && raw.length > 3) expect(result.fault).not.to.include(raw)
    }
  })

  it('changes nothing when applied to its own result', () => {
    const characters = fc.constantFrom(...'aZ09-_.:[]%x\0 é\u3002@/'.split(''))
    fc.assert(
      fc.property(fc.string({ unit: characters, maxLength: 12 }), (raw) => {
        const once = canonicalHost(raw)
        if ('fault' in once) return
        expect(canonicalHost(once.host)).to.deep.equal(once)
      }),
      { seed: 1, numRuns: 20_000 },
    )
  })

  it('gives only lower-case letters, digits, hyphens, underscores and dots for a name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (raw) => {
        const result = canonicalHost(raw)
        if ('fault' in result || result.literal) return
        expect(result.host).to.match(/^[a-z0-9._-]+$/)
      }),
      { seed: 2, numRuns: 20_000 },
    )
  })
})

describe('canonicalPort', () => {
  const accepted = { '1': 1, '80': 80, '443': 443, '65535': 65_535 }
  for (const [raw, port] of Object.entries(accepted)) {
    it(`reads ${raw}`, () => {
      expect(canonicalPort(raw)).to.equal(port)
    })
  }
  const refused = [
    '',
    '0',
    '65536',
    '99999',
    '100000',
    '007',
    '+443',
    '-1',
    ' 443',
    '443 ',
    '443\n',
  ]
  for (const raw of [...refused, 'https', '443x', '0x1bb', '4e2', '44.3', '４４３', '4_43']) {
    it(`refuses ${JSON.stringify(raw)}`, () => {
      expect(canonicalPort(raw)).to.equal(null)
    })
  }
})
