import { expect } from 'chai'
import * as fc from 'fast-check'
import {
  objectMember,
  readJsonObject,
  textMember,
} from '../../../dist/credentials/services/strict-json.js'
import { momentOf } from '../../../dist/credentials/services/moment.js'

function read(text: string) {
  return readJsonObject(Buffer.from(text))
}

describe('the reader of JSON objects', () => {
  const refused: [title: string, text: string][] = [
    ['nothing', ''],
    ['a list', '[]'],
    ['null', 'null'],
    ['something behind it', '{} x'],
    ['a name twice', '{"a":1,"a":2}'],
    ['a name twice, once escaped', String.raw`{"a":1,"\u0061":2}`],
    ['a name twice with blanks', '{"a" :1,"a"\n:1}'],
    ['a name twice further in', '{"b":[{"a":{},"a":{}}]}'],
    ['33 levels', `${'{"a":'.repeat(33)}1${'}'.repeat(33)}`],
    ['a comma too many', '{"a":1,}'],
    ['a byte order mark', '\ufeff{}'],
  ]
  for (const [title, text] of refused) {
    it(`refuses ${title}`, () => {
      expect(read(text)).to.equal(null)
    })
  }

  it('takes one name in several objects, and values that look like names', () => {
    const text = String.raw`{"a":{"a":"a"},"b":["a","a",{"a":1},{"a":1}],"c":"\"a\":","d":"a"}`
    expect(read(text)).to.deep.equal(JSON.parse(text))
    expect(read(`${'{"a":'.repeat(32)}1${'}'.repeat(32)}`)).not.to.equal(null)
  })

  it('finds only members of its own', () => {
    const object = read('{"__proto__":{"x":"1"},"n":7,"e":"","l":[],"t":"text"}') ?? {}
    expect(textMember(object, 'x', 9)).to.equal(null)
    expect(textMember(object, 'toString', 9)).to.equal(null)
    expect(textMember(object, 'n', 9)).to.equal(null)
    expect(textMember(object, 'e', 9)).to.equal(null)
    expect(textMember(object, 't', 4)).to.equal('text')
    expect(textMember(object, 't', 3)).to.equal(null)
    expect(objectMember(object, 'l')).to.equal(null)
    expect(objectMember(object, 'constructor')).to.equal(null)
  })

  it('reads what a usual parser reads of objects without a name twice', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), fc.integer({ min: 0, max: 3 }), (text, blanks) => {
        const spaced = `{"x":${text.replaceAll(':', `:${' '.repeat(blanks)}`)}}`
        const usual: unknown = JSON.parse(spaced)
        const strict = read(spaced)
        expect(strict).to.deep.equal(usual)
      }),
      { numRuns: 1000, seed: 11 },
    )
  })

  it('neither throws nor reads what no parser reads', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '\\',
      '"a"',
      '1',
      ' ',
      '\ud800',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
        const text = pieces.join('')
        const strict = read(text)
        if (strict !== null) JSON.parse(text)
      }),
      { numRuns: 5000, seed: 11 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        readJsonObject(bytes)
      }),
      { numRuns: 2000, seed: 11 },
    )
  })
})

describe('a moment of a service', () => {
  const moments: [text: string, meant: number | null][] = [
    ['2026-11-24T12:00:00Z', Date.UTC(2026, 10, 24, 12)],
    ['2026-11-24T12:00:00.123456789Z', Date.UTC(2026, 10, 24, 12)],
    ['2026-11-24T12:00:00+01:30', Date.UTC(2026, 10, 24, 10, 30)],
    ['2026-11-24T12:00:00-01:00', Date.UTC(2026, 10, 24, 13)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['2026-02-29T00:00:00Z', null],
    ['2026-11-24T24:00:00Z', null],
    ['2026-11-24T12:60:00Z', null],
    ['2026-13-24T12:00:00Z', null],
    ['2026-11-24 12:00:00Z', null],
    ['2026-11-24T12:00:00', null],
    ['2026-11-24', null],
    ['1969-12-31T23:59:59Z', null],
    ['+02026-11-24T12:00:00Z', null],
    ['', null],
    [`2026-11-24T12:00:00.${'0'.repeat(10)}Z`, null],
  ]
  for (const [text, meant] of moments) {
    it(`is ${meant === null ? 'not ' : ''}read from "${text}"`, () => {
      expect(momentOf(text)).to.equal(meant)
    })
  }
})
