import { brotliCompressSync, crc32, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { expect } from 'chai'
import * as fc from 'fast-check'
import type { BodyView } from '../../dist/body/body-view.js'
import { readBody, type ReadBody, readBodyLater } from '../../dist/body/read-body.js'

const limits = { judgedBodyBytes: 4_194_304 }

function read(contentType: string | null, body: string | Buffer, coding?: string): ReadBody {
  return readBody(
    { contentType, contentEncoding: coding ?? null, bytes: Buffer.from(body) },
    limits,
  )
}

function kind(contentType: string | null, body: string | Buffer, coding?: string): string {
  return read(contentType, body, coding).view.kind
}

const json = 'application/json'
const form = 'application/x-www-form-urlencoded'

describe('readBody', () => {
  const types: [why: string, type: string | null, body: string, is: BodyView['kind']][] = [
    ['nothing', json, '', 'empty'],
    ['nothing of no type', null, '', 'empty'],
    ['JSON', json, '{}', 'json'],
    ['JSON by another case', 'Application/JSON ; Charset="UTF-8"', '{}', 'json'],
    ['a suffix of JSON', 'application/vnd.api+json', '[]', 'json'],
    ['JSON of another charset', 'application/json; charset=utf-7', '{}', 'unreadable'],
    ['JSON that is none', json, '{"a":1,"a":2}', 'unreadable'],
    ['two types', 'application/json, text/plain', '{}', 'unreadable'],
    ['a type twice', 'application/json, application/json', '{}', 'unreadable'],
    ['a parameter twice', 'application/json; a=1; a=2', '{}', 'unreadable'],
    ['a parameter without a value', 'application/json; a', '{}', 'unreadable'],
    ['a parameter with an escape', 'application/json; a="\\""', '{}', 'unreadable'],
    ['a semicolon at the end', 'application/json;', '{}', 'unreadable'],
    ['no subtype', 'application', '{}', 'unreadable'],
    ['a blank in the type', 'application/ json', '{}', 'unreadable'],
    ['an empty type', '', '{}', 'unreadable'],
    ['no type, and JSON', null, ' {"a":1}', 'json'],
    ['no type, and JSON that is none', null, '{"a":1,"a":2}', 'unreadable'],
    ['no type, a mark and JSON', null, '\uFEFF{}', 'unreadable'],
    ['no type, and no JSON', null, 'hello', 'other'],
    ['text that is JSON', 'text/plain', '{"a":1}', 'json'],
    ['text that begins like JSON', 'text/plain', '[note] to self', 'other'],
    ['text', 'text/plain', 'hello', 'other'],
    ['gRPC', 'application/grpc+proto', '\0\0\0\0\0', 'grpc'],
    ['gRPC without a message', 'application/grpc', '', 'grpc'],
    ['a form', form, 'a=1', 'form'],
    ['a form that is JSON', form, '{"a":"b=c&d"}', 'json'],
    ['a form that begins like JSON', form, '{"a":1,"a":2}', 'unreadable'],
    ['a form of another charset', `${form}; charset=latin1`, 'a=1', 'unreadable'],
    ['parts without a boundary', 'multipart/form-data', '--b--', 'unreadable'],
    ['parts that are no form', 'multipart/mixed; boundary=b', '--b--', 'unreadable'],
  ]
  for (const [why, type, body, is] of types) {
    it(`takes ${why} for ${is}`, () => expect(kind(type, body)).to.equal(is))
  }

  it('sends JSON as it was read, not as it came', () => {
    const { bytes, contentType } = read(json, ' { "a" : [ 1.0 , "\\u0041" ] } ')
    expect(bytes.toString()).to.equal('{"a":[1.0,"A"]}')
    expect(contentType).to.equal(json)
  })

  it('sends what only looks like JSON as it came', () => {
    expect(read('application/octet-stream', '{ "a": 1 }\n').bytes.toString()).to.equal(
      '{ "a": 1 }\n',
    )
  })
})

describe('readBody and codings', () => {
  const text = Buffer.from('{"a":1}')
  const zipped = gzipSync(text)
  const named = (flags: number, ...fields: Buffer[]): Buffer => {
    const head = Buffer.from(zipped.subarray(0, 10))
    head[3] = flags
    return Buffer.concat([head, ...fields, zipped.subarray(10)])
  }

  const undone: [why: string, coding: string, bytes: Buffer][] = [
    ['gzip', 'gzip', zipped],
    ['gzip by its old name', 'x-gzip', zipped],
    ['gzip in upper case', 'GZIP', zipped],
    ['gzip with a name', 'gzip', named(0x08, Buffer.from('a.json\0'))],
    ['gzip with all fields', 'gzip', named(0x1e, Buffer.from('\x01\0xa\0b\0cc'))],
    ['deflate', 'deflate', deflateSync(text)],
    ['br', 'br', brotliCompressSync(text)],
  ]
  for (const [why, coding, bytes] of undone) {
    it(`undoes ${why}`, async () => {
      const given = { contentType: json, contentEncoding: coding, bytes }
      const result = readBody(given, limits)
      expect(result.view.kind).to.equal('json')
      expect(result.decoded).to.equal(true)
      expect(result.bytes.toString()).to.equal('{"a":1}')
      expect(await readBodyLater(given, limits)).to.deep.equal(result)
    })
  }

  it('leaves identity alone', () => {
    const result = read(json, text, 'identity')
    expect(result.decoded).to.equal(false)
    expect(result.view.kind).to.equal('json')
  })

  const wrongSum = Buffer.from(zipped)
  wrongSum.writeUInt32LE(crc32(text) ^ 1, wrongSum.length - 8)
  const wrongSize = Buffer.from(zipped)
  wrongSize.writeUInt32LE(text.length + 1, wrongSize.length - 4)
  const large = Buffer.alloc(limits.judgedBodyBytes + 1, ' ')
  const bomb = gzipSync(Buffer.alloc(3_000_000, ' '))

  const refused: [why: string, coding: string, bytes: Buffer, tooLarge: boolean][] = [
    ['gzip twice by its name', 'gzip, gzip', gzipSync(zipped), false],
    ['two fields', 'gzip,identity', zipped, false],
    ['an unknown coding', 'compress', zipped, false],
    ['a second member', 'gzip', Buffer.concat([zipped, zipped]), false],
    ['an empty second member', 'gzip', Buffer.concat([zipped, gzipSync('')]), false],
    ['bytes behind the member', 'gzip', Buffer.concat([zipped, Buffer.from('{}')]), false],
    ['one byte behind the member', 'gzip', Buffer.concat([zipped, Buffer.from('\0')]), false],
    ['a wrong checksum', 'gzip', wrongSum, false],
    ['a wrong size', 'gzip', wrongSize, false],
    ['a reserved flag', 'gzip', named(0x20), false],
    [
      'a name without an end',
      'gzip',
      Buffer.concat([named(0x08).subarray(0, 10), Buffer.alloc(20, 'x')]),
      false,
    ],
    ['a cut member', 'gzip', zipped.subarray(0, -1), false],
    ['a cut head', 'gzip', zipped.subarray(0, 5), false],
    ['no gzip', 'gzip', text, false],
    ['nothing as gzip', 'gzip', Buffer.alloc(0), false],
    ['deflate without its frame', 'deflate', deflateRawSync(text), false],
    ['bytes behind deflate', 'deflate', Buffer.concat([deflateSync(text), text]), false],
    ['bytes behind br', 'br', Buffer.concat([brotliCompressSync(text), text]), false],
    ['cut br', 'br', brotliCompressSync(text).subarray(0, -1), false],
    ['too much', 'identity', large, true],
    ['too much, coded', 'br', brotliCompressSync(large), true],
    ['more than a hundredfold', 'gzip', bomb, true],
  ]
  for (const [why, coding, bytes, tooLarge] of refused) {
    it(`refuses ${why}`, async () => {
      const given = { contentType: json, contentEncoding: coding, bytes }
      const { view } = readBody(given, limits)
      expect(view).to.include({ kind: 'unreadable', tooLarge })
      expect((await readBodyLater(given, limits)).view).to.deep.equal(view)
    })
  }

  it('takes double gzip under one name for what it is: gzip, and no JSON', () => {
    expect(kind(json, gzipSync(zipped), 'gzip')).to.equal('unreadable')
  })

  it('undoes what is larger than a piece of zlib, to the last byte', () => {
    const many = JSON.stringify(Array.from({ length: 50_000 }, (_, index) => index * 7919))
    for (const [coding, bytes] of [
      ['gzip', gzipSync(many)],
      ['br', brotliCompressSync(many)],
      ['deflate', deflateSync(many)],
    ] as const) {
      expect(read(json, bytes, coding).bytes.toString()).to.equal(many)
      expect(kind(json, Buffer.concat([bytes, Buffer.from('x')]), coding)).to.equal('unreadable')
    }
  })

  it('ends for any bytes under any coding', () => {
    const coding = fc.constantFrom('gzip', 'deflate', 'br', 'zstd')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), coding, (noise, head, name) => {
        const bytes = head ? Buffer.concat([zipped.subarray(0, 10), noise]) : Buffer.from(noise)
        readBody({ contentType: json, contentEncoding: name, bytes }, limits)
      }),
      { numRuns: 1000, seed: 4 },
    )
  })
})
