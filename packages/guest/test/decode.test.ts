import { expect } from 'chai'
import { Reader } from '../dist/decode.js'
import { Writer } from '../dist/encode.js'
import { sandboxThrow } from './rejection.ts'

describe('Reader', () => {
  it('reads what Writer wrote', () => {
    const bytes = new Writer(1)
      .u8(200)
      .u16(60_000)
      .u32(4_000_000_000)
      .u64(2n ** 63n)
      .i64(-5n)
      .str('blå')
      .bytes(Buffer.from([0, 255]))
      .strings(['a', ''])
      .finish()
    const reader = new Reader(bytes)
    expect([reader.u8(), reader.u16(), reader.u32(), reader.u64(), reader.i64()]).to.deep.equal([
      200,
      60_000,
      4_000_000_000,
      2n ** 63n,
      -5n,
    ])
    expect(reader.str(10).toString()).to.equal('blå')
    expect([...reader.bytes(2)]).to.deep.equal([0, 255])
    const list = Array.from({ length: reader.count(4) }, () => reader.str(9).toString())
    expect(list).to.deep.equal(['a', ''])
    reader.end()
  })

  const refused: [string, Uint8Array, (reader: Reader) => unknown][] = [
    ['a number that is cut', Buffer.alloc(3), (reader) => reader.u32()],
    ['a u64 that is cut', Buffer.alloc(7), (reader) => reader.u64()],
    ['bytes longer than what is left', new Writer().u32(2).u8(1).finish(), (r) => r.bytes(10)],
    ['bytes longer than allowed', new Writer().bytes(Buffer.alloc(3)).finish(), (r) => r.bytes(2)],
    ['a length of 4 GiB', new Writer().u32(0xffff_ffff).finish(), (r) => r.bytes(2 ** 40)],
    ['a NUL in a string', new Writer().bytes(Buffer.from('a\0b')).finish(), (r) => r.str(9)],
    [
      'a list that cannot fit',
      new Writer().u32(3).raw(Buffer.alloc(8)).finish(),
      (r) => r.count(4),
    ],
    ['a list of 4 billion', new Writer().u32(0xffff_ffff).finish(), (r) => r.count(1)],
    ['a number at the limit', Buffer.from([2]), (r) => r.below(2, 'answer')],
    ['bytes after the last field', Buffer.from([1, 2]), (r) => (r.u8(), r.end())],
  ]
  for (const [title, bytes, read] of refused) {
    it(`refuses ${title}`, () => {
      expect(sandboxThrow(() => read(new Reader(bytes))).code).to.equal('PROTOCOL')
    })
  }
})

describe('Writer', () => {
  for (const text of ['a\0b', '\ud800', 'x\udc00y']) {
    it(`refuses ${JSON.stringify(text)}, which would arrive as another string`, () => {
      expect(() => new Writer().str(text)).to.throw(TypeError)
    })
  }

  it('grows without losing what was written', () => {
    const writer = new Writer(1)
    for (let index = 0; index < 1000; index += 1) writer.u32(index)
    const reader = new Reader(writer.finish())
    for (let index = 0; index < 1000; index += 1) expect(reader.u32()).to.equal(index)
  })
})
