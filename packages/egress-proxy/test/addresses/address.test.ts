import { expect } from 'chai'
import * as fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { formatAddress, parseAddress, parseIpv4, parseIpv6 } from '../../dist/addresses/address.js'

const group = fc.integer({ min: 0, max: 0xffff })
const octet = fc.integer({ min: 0, max: 300 })

describe('parseAddress', () => {
  const read: [text: string, canonical: string][] = [
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['127.0.0.1', '127.0.0.1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['2001:DB8::00A1', '2001:db8::a1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:0:2:3:0:0:4', '1::2:3:0:0:4'],
    ['::ffff:1.2.3.4', '::ffff:102:304'],
    ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
    ['64:ff9b::10.0.0.1', '64:ff9b::a00:1'],
  ]
  for (const [text, canonical] of read) {
    it(`reads ${text}`, () => {
      const address = parseAddress(text)
      expect(address && formatAddress(address)).to.equal(canonical)
    })
  }

  const refused = [
    '',
    '.',
    ':',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.',
    '.1.2.3',
    '01.2.3.4',
    '0x1.2.3.4',
    '1.2.3.256',
    '1.2.3.-1',
    '1.2.3.+1',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '1.2.3.4/8',
    '1.2.3.1e1',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4::5:6:7:8',
    ':1',
    '1:',
    '12345::',
    'g::',
    '::1%eth0',
    '[::1]',
    '::1/128',
    '::1.2.3',
    '::1.2.3.4:5',
    '1.2.3.4::',
    '1:2:3:4:5:6:7:1.2.3.4',
    '::01.2.3.4',
    '::\0',
    '::1 ',
    '-1::',
    '::+1',
    '::0x1',
    '1'.repeat(1000),
    ':'.repeat(1000),
  ]
  for (const text of refused) {
    it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
      expect(parseAddress(text)).to.equal(null)
    })
  }

  it('agrees with the URL standard and ipaddr.js about what is IPv6 and what it means', () => {
    const piece = fc.constantFrom(...': :: 0 1 ff fffff 1.2.3.4 1.2.3 01 % g . ffff'.split(' '))
    const mutant = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(mutant, (text) => {
        const own = parseIpv6(text)
        expect(own !== null, text).to.equal(URL.canParse(`http://[${text}]/`))
        // It takes an IPv4-compatible address with a quad for a mapped one.
        if (own === null || !ipaddr.IPv6.isValid(text) || /^::[0-9]+\./.test(text)) return
        expect(formatAddress(own)).to.equal(ipaddr.IPv6.parse(text).toRFC5952String())
      }),
      { seed: 11, numRuns: 20_000 },
    )
  })

  it('agrees with the URL standard about every IPv6 address', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant(0), group), { minLength: 8, maxLength: 8 }),
        (all) => {
          const text = all.map((one) => one.toString(16)).join(':')
          const own = parseIpv6(text)
          expect(own && `[${formatAddress(own)}]`).to.equal(new URL(`http://[${text}]/`).hostname)
        },
      ),
      { seed: 12, numRuns: 5_000 },
    )
  })

  it('agrees with ipaddr.js about four decimal numbers', () => {
    fc.assert(
      fc.property(fc.array(octet, { minLength: 3, maxLength: 5 }), (octets) => {
        const text = octets.join('.')
        expect(parseIpv4(text) !== null).to.equal(ipaddr.IPv4.isValidFourPartDecimal(text))
      }),
      { seed: 13, numRuns: 5_000 },
    )
  })
})
