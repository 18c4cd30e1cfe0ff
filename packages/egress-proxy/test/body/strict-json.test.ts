import { expect } from 'chai'
import * as fc from 'fast-check'
import { JsonNumber, type JsonValue } from '../../dist/body/body-view.js'
import { parseJson, writeJson } from '../../dist/body/strict-json.js'

function parse(text: string): JsonValue {
  const read = parseJson(Buffer.from(text))
  if ('fault' in read) throw new Error(read.fault)
  return read.value
}

function plain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.text)
  if (Array.isArray(value)) return value.map(plain)
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, one]) => [key, plain(one)]))
  }
  return value
}

describe('parseJson', () => {
  const refused: [why: string, text: string | Buffer][] = [
    ['nothing', ''],
    ['blanks only', ' \n'],
    ['a byte order mark', '\uFEFF{}'],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['an overlong form', Buffer.from([0x22, 0xc0, 0xa2, 0x22])],
    ['half a character as UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['UTF-16', Buffer.from('{}', 'utf16le')],
    ['a key twice', '{"a":1,"a":1}'],
    ['a key twice by an escape', '{"mcp_servers":[],"mcp_\\u0073ervers":[]}'],
    ['a key twice, deep', '[{"a":{"b":1,"c":2,"b":3}}]'],
    ['__proto__ twice', '{"__proto__":1,"__proto__":2}'],
    ['U+0000 in a key', '{"mcp_servers\\u0000":[]}'],
    ['half a pair, high', '"\\ud800"'],
    ['half a pair, low', '"\\udc00"'],
    ['two high halves', '"\\ud83d\\ud83d"'],
    ['a high half before a whole pair', '"\\ud83d😀"'],
    ['a pair of which one half is cut', '"\\ud83d\\u"'],
    ['something behind the value', '{} {}'],
    ['a comma behind the value', '{},'],
    ['a comma before the end of an array', '[1,]'],
    ['a comma before the end of an object', '{"a":1,}'],
    ['a comment', '{/**/}'],
    ['single quotes', "{'a':1}"],
    ['a bare key', '{a:1}'],
    ['NaN', 'NaN'],
    ['Infinity', '-Infinity'],
    ['a plus', '+1'],
    ['a leading zero', '01'],
    ['a bare point', '.5'],
    ['a point at the end', '1.'],
    ['an exponent without digits', '1e'],
    ['hexadecimal', '0x10'],
    ['a tab in a string', '"\t"'],
    ['a line feed in a string', '"\n"'],
    ['an escaped control character', '"\\\n"'],
    ['an unknown escape', '"\\x41"'],
    ['a string without an end', '"abc'],
    ['a string that ends in a backslash', '"abc\\'],
    ['an escape that is cut', '"\\u00'],
    ['an array without an end', '[1'],
    ['an object without an end', '{"a":1'],
    ['a form feed as a blank', '\f1'],
    ['a no-break space as a blank', '\u00a01'],
    ['an upper-case word', 'True'],
    ['a word that goes on', 'nullx'],
    ['depth 65', `${'['.repeat(65)}${']'.repeat(65)}`],
    ['depth 100,000', '['.repeat(100_000)],
    ['too many values', `[${'0,'.repeat(500_000)}0]`],
    ['too many keys', `{${Array.from({ length: 4097 }, (_, key) => `"${key}":0`).join(',')}}`],
  ]
  for (const [why, text] of refused) {
    it(`refuses ${why}`, () => {
      const read = parseJson(Buffer.from(text))
      expect(read).to.have.keys('fault')
    })
  }

  const numbers = ['-0', '0', '1e400', '-1E-400', '1.50', '123456789012345678901234567890', '1e+5']
  for (const text of numbers) {
    it(`keeps the number ${text} as it was written`, () => {
      expect(writeJson(parse(`{"n":[${text}]}`)).toString()).to.equal(`{"n":[${text}]}`)
    })
  }

  it('keeps a number of a million digits without trying anything twice', () => {
    const digits = '1'.repeat(1_000_000)
    expect(writeJson(parse(digits)).toString()).to.equal(digits)
  })

  it('takes depth 64', () => {
    const text = `${'['.repeat(64)}${']'.repeat(64)}`
    expect(writeJson(parse(text)).toString()).to.equal(text)
  })

  it('takes __proto__ for a key like any other', () => {
    const value = parse('{"__proto__":{"admin":true},"constructor":1}')
    expect(value).to.be.instanceOf(Map)
    expect(writeJson(value).toString()).to.equal('{"__proto__":{"admin":true},"constructor":1}')
    expect(({} as Record<string, unknown>)['admin']).to.equal(undefined)
  })

  it('undoes escapes, and writes only those that are needed', () => {
    const text = '{"mcp_\\u0073ervers":"\\u00e9\\/\\ud83d\\ude00\\n\\u0001\\"\\\\"}'
    expect(writeJson(parse(text)).toString()).to.equal('{"mcp_servers":"é/😀\\n\\u0001\\"\\\\"}')
  })

  it('reads a view of bytes that begins elsewhere', () => {
    const whole = Buffer.from('xx[1]xx')
    const read = parseJson(new Uint8Array(whole.buffer, whole.byteOffset + 2, 3))
    expect(read).to.have.keys('value')
  })

  it('tells none of its bytes in a fault', () => {
    const read = parseJson(Buffer.from('{"secret-key":1,"secret-key":2}'))
    expect(JSON.stringify(read)).not.to.include('secret')
  })

  it('reads and writes what JSON.parse and JSON.stringify do', () => {
    const value = fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' })
    fc.assert(
      fc.property(value, fc.constantFrom(0, 1, '\t'), (given, indent) => {
        const text = JSON.stringify(given, null, indent)
        fc.pre(!text.includes('\\u0000'))
        const read = parse(text)
        expect(plain(read)).to.deep.equal(JSON.parse(text))
        expect(JSON.parse(writeJson(read).toString())).to.deep.equal(JSON.parse(text))
        expect(writeJson(parse(writeJson(read).toString()))).to.deep.equal(writeJson(read))
      }),
      { numRuns: 500, seed: 4 },
    )
  })

  it('takes nothing that JSON.parse refuses, whatever is changed in a document', () => {
    const start = '{"a":[1,-2.5e3,"x\\u0041\\n",{"b":null,"c":[true,false,{}]}],"d":"é😀"}'
    const change = fc.record({
      at: fc.nat(start.length),
      cut: fc.nat(3),
      put: fc.oneof(
        fc.constantFrom(...Array.from('{}[]",:\\-+.eE0u \t\n')),
        fc.string({ maxLength: 3, unit: 'binary' }),
      ),
    })
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        let text = start
        for (const { at, cut, put } of changes)
          text = text.slice(0, at) + put + text.slice(at + cut)
        const read = parseJson(Buffer.from(text))
        if ('fault' in read) return
        expect(plain(read.value)).to.deep.equal(JSON.parse(Buffer.from(text).toString()))
      }),
      { numRuns: 3000, seed: 4 },
    )
  })

  it('ends for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        parseJson(bytes)
      }),
      { numRuns: 2000, seed: 4 },
    )
  })
})
