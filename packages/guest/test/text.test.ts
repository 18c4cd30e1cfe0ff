import { expect } from 'chai'
import { decodeUtf8, printable } from '../dist/text.js'

describe('decodeUtf8', () => {
  it('keeps a byte order mark, which is part of a name', () => {
    expect(decodeUtf8(Buffer.from('\ufeffa'))).to.equal('\ufeffa')
  })

  const invalid: [string, number[]][] = [
    ['a lone continuation byte', [0x80]],
    ['a sequence that is cut', [0xc3]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['an encoded surrogate', [0xed, 0xa0, 0x80]],
    ['Latin-1', [0x66, 0xfc, 0x72]],
  ]
  for (const [title, bytes] of invalid) {
    it(`gives nothing for ${title}`, () => {
      expect(decodeUtf8(Buffer.from(bytes))).to.equal(undefined)
    })
  }
})

describe('printable', () => {
  const cases: [string, Uint8Array, string][] = [
    ['plain text', Buffer.from('fine ✓'), 'fine ✓'],
    ['terminal escapes', Buffer.from('\u001b[2Jx'), '\\u{1b}[2Jx'],
    ['a text direction override', Buffer.from('a\u202eb'), 'a\\u{202e}b'],
    ['bytes that are not UTF-8', Buffer.from([0x61, 0xff]), 'a\\xff'],
  ]
  for (const [title, bytes, shown] of cases) {
    it(`shows ${title}`, () => {
      expect(printable(bytes)).to.equal(shown)
    })
  }

  it('cuts what is longer than asked for', () => {
    expect(printable(Buffer.alloc(100, 'a'), 10)).to.equal('a'.repeat(10))
  })
})
