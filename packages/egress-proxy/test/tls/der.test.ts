import { expect } from 'chai'
import {
  boolean,
  namedBits,
  objectIdentifier,
  octetString,
  time,
  unsignedInteger,
  utf8String,
} from '../../dist/tls/der.js'

describe('der', () => {
  const cases: [string, Uint8Array, string][] = [
    ['zero has one byte', unsignedInteger(Buffer.from([0])), '020100'],
    ['no bytes are zero', unsignedInteger(Buffer.alloc(0)), '020100'],
    ['leading zeros go', unsignedInteger(Buffer.from([0, 0, 5])), '020105'],
    ['a high bit keeps positive', unsignedInteger(Buffer.from([0x80])), '02020080'],
    ['true is all ones', boolean(true), '0101ff'],
    ['text is UTF-8', utf8String('ä'), '0c02c3a4'],
    [
      'arcs above 127 take more bytes',
      objectIdentifier('1.2.840.10045.4.3.2'),
      '06082a8648ce3d040302',
    ],
    ['bits count from the left', namedBits(0), '03020780'],
    ['trailing zero bits go', namedBits(5, 6), '03020106'],
    [
      'before 2050, two digits',
      time(Date.UTC(2049, 11, 31, 23, 59, 59)),
      '170d3439313233313233353935395a',
    ],
    ['from 2050 on, four', time(Date.UTC(2050, 0, 1)), '180f32303530303130313030303030305a'],
    [
      'fractions of a second go',
      time(Date.UTC(2026, 0, 2, 3, 4, 5, 678)),
      '170d3236303130323033303430355a',
    ],
  ]
  for (const [title, bytes, hex] of cases) {
    it(`writes: ${title}`, () => {
      expect(Buffer.from(bytes).toString('hex')).to.equal(hex)
    })
  }

  const lengths: [number, string][] = [
    [127, '047f'],
    [128, '048180'],
    [255, '0481ff'],
    [256, '04820100'],
    [65_536, '0483010000'],
  ]
  for (const [length, start] of lengths) {
    it(`writes a length of ${length} in the shortest form`, () => {
      const bytes = octetString(Buffer.alloc(length))
      expect(bytes.toString('hex', 0, start.length / 2)).to.equal(start)
      expect(bytes.length).to.equal(start.length / 2 + length)
    })
  }
})
