import { expect } from 'chai'
import type { Field } from '../../dist/http-message.js'
import { readRequestHead } from '../../dist/http2/request-head.js'
import { get } from './frames.ts'

const bounds = { headerLines: 16, headerBytes: 2_048 }
const read = (fields: readonly Field[]) => readRequestHead(fields.flat(), bounds)
const without = (name: string): Field[] => get.filter((field) => field[0] !== name)
const replace = (name: string, value: string): Field[] =>
  get.map((field) => (field[0] === name ? [name, value] : field))

describe('request head of HTTP/2', () => {
  it('is read from the list that nghttp2 hands over', () => {
    const fields: Field[] = [
      [':method', 'POST'],
      [':scheme', 'https'],
      [':path', '/a?b=c'],
      [':authority', 'a.test:8443'],
      ['accept', '*/*'],
      ['cookie', 'a=1'],
      ['te', 'trailers'],
      ['cookie', 'b=2'],
      ['host', 'a.test:8443'],
      ['content-length', '5'],
      ['expect', '100-continue'],
    ]
    expect(read(fields)).to.deep.equal({
      head: {
        version: '2',
        method: 'POST',
        target: '/a?b=c',
        authority: 'a.test:8443',
        scheme: 'https',
        headers: [
          ['accept', '*/*'],
          ['cookie', 'a=1; b=2'],
          ['te', 'trailers'],
          ['expect', '100-continue'],
        ],
        upgrade: null,
        expectsContinue: true,
      },
      length: 5,
    })
  })

  it('takes the asterisk with OPTIONS only', () => {
    const options = replace(':path', '*').map((field): Field =>
      field[0] === ':method' ? [':method', 'OPTIONS'] : field,
    )
    expect(read(options)).to.have.nested.property('head.target', '*')
    expect(read(replace(':path', '*'))).to.have.property('status', 400)
  })

  const refused: [string, readonly Field[], number][] = [
    ['no method', without(':method'), 400],
    ['no scheme', without(':scheme'), 400],
    ['no path', without(':path'), 400],
    ['no authority', without(':authority'), 400],
    ['no authority, but a host', [...without(':authority'), ['host', 'a.test']], 400],
    ['a method twice', [...get, [':method', 'GET']], 400],
    ['a path twice', [...get, [':path', '/']], 400],
    ['an authority twice, equal', [...get, [':authority', 'a.test']], 400],
    ['a pseudo field after a regular one', [['x', 'y'], ...get], 400],
    ['a pseudo field of answers', [...get, [':status', '200']], 400],
    ['an unknown pseudo field', [...get, [':foo', 'x']], 400],
    ['extended CONNECT', [...replace(':method', 'CONNECT'), [':protocol', 'websocket']], 501],
    ['a protocol without CONNECT', [...get, [':protocol', 'websocket']], 501],
    ['CONNECT', replace(':method', 'CONNECT'), 501],
    ['a method that is no token', replace(':method', 'G ET'), 400],
    ['another scheme', replace(':scheme', 'ftp'), 400],
    ['an absolute path (W07)', replace(':path', 'http://b.test/'), 400],
    ['an empty path', replace(':path', ''), 400],
    ['a path with a blank', replace(':path', '/a b'), 400],
    ['a path with a line end', replace(':path', '/a\r\nx: y'), 400],
    ['a path with a fragment', replace(':path', '/a#b'), 400],
    ['an authority and a host that differ (W01)', [...get, ['host', 'b.test']], 400],
    ['an authority and a host that differ in case', [...get, ['host', 'A.test']], 400],
    ['two hosts', [...get, ['host', 'a.test'], ['host', 'a.test']], 400],
    ['user information', replace(':authority', 'u@a.test'), 400],
    ['an authority with a path', replace(':authority', 'a.test/b'), 400],
    ['an authority with a comma', replace(':authority', 'a.test,b.test'), 400],
    ['an upper-case name (W03)', [...get, ['X-Up', 'y']], 400],
    ['a name with a blank (W03)', [...get, ['a b', 'y']], 400],
    ['an empty name (W03)', [...get, ['', 'y']], 400],
    ['a value with CRLF (W03)', [...get, ['x', 'a\r\nb: c']], 400],
    ['a value with LF', [...get, ['x', 'a\nb']], 400],
    ['a value with NUL', [...get, ['x', 'a\0b']], 400],
    ['a value with a control', [...get, ['x', 'a\x01b']], 400],
    ['a value with DEL', [...get, ['x', 'a\x7fb']], 400],
    ['a value with a blank before it', [...get, ['x', ' a']], 400],
    ['a value with a tab after it', [...get, ['x', 'a\t']], 400],
    ['connection', [...get, ['connection', 'close']], 400],
    ['keep-alive', [...get, ['keep-alive', 'timeout=5']], 400],
    ['proxy-connection', [...get, ['proxy-connection', 'close']], 400],
    ['transfer-encoding', [...get, ['transfer-encoding', 'chunked']], 400],
    ['upgrade', [...get, ['upgrade', 'h2c']], 400],
    ['te other than trailers', [...get, ['te', 'gzip']], 400],
    ['a length with a sign', [...get, ['content-length', '+5']], 400],
    ['a length with a zero before it', [...get, ['content-length', '05']], 400],
    ['a length in hexadecimal', [...get, ['content-length', '0x5']], 400],
    ['an empty length', [...get, ['content-length', '']], 400],
    ['a list of lengths', [...get, ['content-length', '5, 5']], 400],
    ['two lengths', [...get, ['content-length', '5'], ['content-length', '5']], 400],
    ['a length beyond 2^53', [...get, ['content-length', '9007199254740993']], 400],
    ['an unknown expectation', [...get, ['expect', 'tea']], 417],
    ['too many fields', [...get, ...Array.from({ length: 13 }, (): Field => ['x', 'y'])], 431],
    ['too many bytes', [...get, ['x', 'y'.repeat(2_048)]], 431],
  ]
  for (const [title, fields, status] of refused) {
    it(`is refused with ${status}: ${title}`, () => {
      expect(read(fields)).to.have.property('status', status)
    })
  }
})
