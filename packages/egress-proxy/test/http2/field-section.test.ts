import { expect } from 'chai'
import type { Field } from '../../dist/http-message.js'
import { readTrailers } from '../../dist/http2/field-syntax.js'
import { addFields, emptySection, isGrpc, mayHaveTrailers } from '../../dist/http2/field-section.js'
import { readResponseHead } from '../../dist/http2/response-head.js'
import { requestSection } from '../../dist/http2/upstream-call.js'

const bounds = { headerLines: 16, headerBytes: 2_048 }

describe('field section of HTTP/2', () => {
  it('keeps the values of a name that came more than once', () => {
    const section = addFields(emptySection(), [
      ['set-cookie', 'a=1'],
      ['x', 'y'],
      ['set-cookie', 'b=2'],
      ['set-cookie', 'c=3'],
    ])
    expect({ ...section }).to.deep.equal({ 'set-cookie': ['a=1', 'b=2', 'c=3'], x: 'y' })
  })

  it('takes names that objects are born with', () => {
    const section = addFields(emptySection(), [
      ['constructor', 'a'],
      ['__proto__', 'b'],
    ])
    expect(Object.entries(section)).to.deep.equal([
      ['constructor', 'a'],
      ['__proto__', 'b'],
    ])
  })

  const unsendable: [string, Field][] = [
    ['NUL, which Node packs fields with', ['x', 'a\0y\0b']],
    ['CRLF', ['x', 'a\r\nb']],
    ['a character of two bytes, whose low byte is a line end', ['x', 'a\u010ab']],
    ['a name that is a pseudo field', [':path', '/other']],
    ['an upper-case name', ['X', 'y']],
    ['a field of the connection', ['connection', 'x']],
    ['a length', ['content-length', '5']],
    ['a host', ['host', 'b.test']],
  ]
  for (const [title, field] of unsendable) {
    it(`sends nothing with ${title}`, () => {
      expect(() => addFields(emptySection(), [field])).to.throw(TypeError)
    })
  }

  it('asks for trailers where they can come', () => {
    expect(mayHaveTrailers([], null)).to.equal(true)
    expect(mayHaveTrailers([], 5)).to.equal(false)
    expect(mayHaveTrailers([['trailer', 'x']], 5)).to.equal(true)
    expect(mayHaveTrailers([['content-type', 'application/grpc']], 5)).to.equal(true)
  })

  it('knows gRPC by its content type', () => {
    expect(isGrpc([['content-type', 'application/grpc+proto']])).to.equal(true)
    expect(isGrpc([['content-type', 'application/grpc-web']])).to.equal(false)
  })
})

describe('request section', () => {
  const head = {
    method: 'POST',
    scheme: 'https' as const,
    authority: 'a.test',
    target: '/p.S/M',
    headers: [['content-type', 'application/grpc']] as Field[],
    upgrade: null,
  }

  it('has te for gRPC, and nothing of its own otherwise', () => {
    expect({ ...requestSection(head, null) }).to.deep.equal({
      ':method': 'POST',
      ':scheme': 'https',
      ':authority': 'a.test',
      ':path': '/p.S/M',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
  })

  const refused: [string, object][] = [
    ['an upgrade', { upgrade: 'websocket' }],
    ['CONNECT', { method: 'CONNECT' }],
    ['a target with a line end', { target: '/a\r\nx: y' }],
    ['an authority with NUL', { authority: 'a\0b' }],
  ]
  for (const [title, change] of refused) {
    it(`is refused with ${title}`, () => {
      expect(() => requestSection({ ...head, ...change }, null)).to.throw(TypeError)
    })
  }
})

describe('response head of HTTP/2', () => {
  it('is read without its length', () => {
    const raw = [':status', '404', 'content-length', '7', 'x', 'y']
    expect(readResponseHead(raw, bounds)).to.deep.equal({
      head: { status: 404, headers: [['x', 'y']] },
      length: 7,
    })
  })

  const refused: [string, string[]][] = [
    ['no status', ['x', 'y']],
    ['a status of two digits', [':status', '20']],
    ['an interim status', [':status', '100']],
    ['a status beyond 599', [':status', '999']],
    ['a second status', [':status', '200', ':status', '200']],
    ['a pseudo field of requests', [':status', '200', ':path', '/']],
    ['a field of the connection', [':status', '200', 'connection', 'close']],
    ['an upper-case name', [':status', '200', 'X', 'y']],
    ['a value with a line end', [':status', '200', 'x', 'a\nb']],
    ['two lengths', [':status', '200', 'content-length', '1', 'content-length', '1']],
    ['a length with a sign', [':status', '200', 'content-length', '-1']],
    ['too many fields', [':status', '200', ...Array.from({ length: 32 }, () => 'x')]],
  ]
  for (const [title, raw] of refused) {
    it(`is refused with ${title}`, () => {
      expect(readResponseHead(raw, bounds)).to.be.a('string')
    })
  }
})

describe('trailers of HTTP/2', () => {
  it('are read', () => {
    expect(readTrailers(['grpc-status', '0', 'x', 'y'], bounds)).to.deep.equal([
      ['grpc-status', '0'],
      ['x', 'y'],
    ])
  })

  for (const name of [
    'authorization',
    'content-length',
    'cookie',
    'host',
    'transfer-encoding',
    'trailer',
    ':status',
    'X',
  ]) {
    it(`are refused with ${name}`, () => {
      expect(readTrailers([name, 'x'], bounds)).to.be.a('string')
    })
  }
})
