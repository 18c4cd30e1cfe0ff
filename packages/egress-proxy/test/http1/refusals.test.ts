import { expect } from 'chai'
import { defaultLimits } from '../../dist/limits.js'
import { converse, frontFor, received } from './conversation.ts'

const get = (lines: string): string => `GET / HTTP/1.1\r\nHost: a.test\r\n${lines}\r\n`
const post = (lines: string, body = ''): string =>
  `POST / HTTP/1.1\r\nHost: a.test\r\n${lines}\r\n${body}`
const chunked = (body: string): string => post('Transfer-Encoding: chunked\r\n', body)
const after = 'GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n'

const refused: readonly (readonly [title: string, bytes: string, status?: number])[] = [
  [
    'Content-Length beside chunked',
    post('Content-Length: 3\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
  ],
  [
    'chunked beside Content-Length',
    post('Transfer-Encoding: chunked\r\nContent-Length: 3\r\n', '0\r\n\r\n'),
  ],
  ...['chunked, gzip', 'gzip, chunked', ',chunked', 'chunked,', 'chunked, chunked', 'identity'].map(
    (coding): [string, string] => [
      `coding ${coding}`,
      post(`Transfer-Encoding: ${coding}\r\n`, '0\r\n\r\n'),
    ],
  ),
  ...['xchunked', '"chunked"', '\x0bchunked', 'chunked;q=1', '', 'chunked\x00'].map(
    (coding): [string, string] => [
      `coding ${JSON.stringify(coding)}`,
      post(`Transfer-Encoding: ${coding}\r\n`, '0\r\n\r\n'),
    ],
  ),
  [
    'two Transfer-Encoding lines',
    post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'),
  ],
  [
    'Transfer-Encoding on HTTP/1.0',
    'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ...['+1', '-1', '0x1', '1_0', '1,1', '1, 1', '', '01', '00', '1 1', '1.0', 'a', '\xb2'].map(
    (length): [string, string] => [
      `Content-Length ${JSON.stringify(length)}`,
      post(`Content-Length: ${length}\r\n`, 'a'),
    ],
  ),
  ...['18446744073709551616', '9007199254740992', '99999999999999999'].map(
    (length): [string, string] => [
      `Content-Length ${length}`,
      post(`Content-Length: ${length}\r\n`, 'a'),
    ],
  ),
  ['equal Content-Length lines', post('Content-Length: 1\r\nContent-Length: 1\r\n', 'a')],
  ['unequal Content-Length lines', post('Content-Length: 1\r\nContent-Length: 2\r\n', 'a')],
  [
    'an empty Content-Length before another',
    post('Content-Length:\r\nContent-Length: 3\r\n', 'abc'),
  ],
  ['a folded line', get('X: a\r\n b\r\n')],
  ['a folded Transfer-Encoding', post('Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n')],
  ['a fold after the request line', 'GET / HTTP/1.1\r\n Host: a.test\r\n\r\n'],
  ['bare LF everywhere', 'GET / HTTP/1.1\nHost: a.test\n\n'],
  ['bare LF after one header', 'GET / HTTP/1.1\r\nHost: a.test\nX: a\r\n\r\n'],
  ['bare LF at the end', 'GET / HTTP/1.1\r\nHost: a.test\r\n\n'],
  ['bare CR in a value', get('X: a\rb\r\n')],
  ['bare CR as an end of line', get('X: a\rY: b\r\n')],
  ['CR CR LF', get('X: a\r\r\n')],
  ['CR and no LF at the end', 'GET / HTTP/1.1\r\nHost: a.test\r\n\rX: 1\r\n\r\n'],
  ['NUL in a value', get('X: a\0b\r\n')],
  ['NUL in Host', 'GET / HTTP/1.1\r\nHost: a.test\0.b.test\r\n\r\n'],
  ['DEL in a value', get('X: a\x7f\r\n')],
  ['an empty name', get(': a\r\n')],
  ['a line without colon', get('X\r\n')],
  ['a blank before the colon', get('X : a\r\n')],
  ['a tab before the colon', post('Content-Length\t: 3\r\n', 'abc')],
  ['a name of 8-bit letters', get('X\xe9: a\r\n')],
  ['a name in brackets', get('X(a): b\r\n')],
  ['two Host lines', get('Host: a.test\r\n')],
  ['an empty Host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n'],
  ...['a/b', 'a@b', 'a?b', 'a#b', 'a,b', 'a b', 'a\\b', 'a\xe9'].map((host): [string, string] => [
    `Host ${JSON.stringify(host)}`,
    `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  ]),
  ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
  ...[
    'HTTP/2.0',
    'HTTP/0.9',
    'HTTP/1.2',
    'HTTP/1.10',
    'HTTP/4294967295.255',
    'http/1.1',
    'HTTP/1.1 ',
    'ICE/1.0',
    '',
  ].map((version): [string, string] => [
    `version ${JSON.stringify(version)}`,
    `GET / ${version}\r\nHost: a.test\r\n\r\n`,
  ]),
  ['no version', 'GET /\r\nHost: a.test\r\n\r\n'],
  ['no target', 'GET HTTP/1.1\r\nHost: a.test\r\n\r\n'],
  ['two blanks after the method', 'GET  / HTTP/1.1\r\nHost: a.test\r\n\r\n'],
  ['two blanks after the target', 'GET /  HTTP/1.1\r\nHost: a.test\r\n\r\n'],
  ['a tab in the request line', 'GET\t/ HTTP/1.1\r\nHost: a.test\r\n\r\n'],
  ['a blank in the target', 'GET /a b HTTP/1.1\r\nHost: a.test\r\n\r\n'],
  ['an 8-bit target', 'GET /\xe9 HTTP/1.1\r\nHost: a.test\r\n\r\n'],
  ['a fragment', 'GET /a#b HTTP/1.1\r\nHost: a.test\r\n\r\n'],
  ['NUL in the target', 'GET /a\0b HTTP/1.1\r\nHost: a.test\r\n\r\n'],
  ['a lower-case method', 'get / HTTP/1.1\r\nHost: a.test\r\n\r\n'],
  ['a method of 33 letters', `${'A'.repeat(33)} / HTTP/1.1\r\nHost: a.test\r\n\r\n`],
  ['an empty line first', '\r\nGET / HTTP/1.1\r\nHost: a.test\r\n\r\n'],
  [
    'the absolute form where there is no proxy',
    'GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n',
  ],
  ['CONNECT where there is no proxy', 'CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n'],
  ['CONNECT of a path', 'CONNECT / HTTP/1.1\r\nHost: a.test\r\n\r\n'],
  ['an asterisk to GET', 'GET * HTTP/1.1\r\nHost: a.test\r\n\r\n'],
  ['a relative target', 'GET a HTTP/1.1\r\nHost: a.test\r\n\r\n'],
  ...['Content-Length', 'transfer-encoding', 'close, Host'].map((name): [string, string] => [
    `Connection: ${name}`,
    post(`Connection: ${name}\r\nContent-Length: 1\r\n`, 'a'),
  ]),
  ['Connection with what is no token', get('Connection: a b\r\n')],
  ['an odd Expect', post('Expect: 200-ok\r\nContent-Length: 1\r\n', 'a'), 417],
  [
    'two Expect lines',
    post('Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 1\r\n', 'a'),
    417,
  ],
  ['too many lines', get('X: a\r\n'.repeat(defaultLimits.headerLines)), 431],
  ['a header too large', get(`X: ${'a'.repeat(defaultLimits.headerBytes)}\r\n`), 431],
  ['a request line without end', 'A'.repeat(defaultLimits.headerBytes + 1), 431],
  [
    'Transfer-Encoding behind a thousand lines',
    post(`${'X: a\r\n'.repeat(1100)}Transfer-Encoding: chunked\r\n`),
    431,
  ],
  ['a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
]

const brokenBodies: readonly (readonly [title: string, body: string])[] = [
  ...[
    '0x1',
    '0_1',
    '+1',
    '-1',
    ' 1',
    '1 ',
    '',
    '\t1',
    'g',
    '00000000000000001',
    'fffffffffffffff0',
  ].map((size): [string, string] => [`size ${JSON.stringify(size)}`, `${size}\r\na\r\n0\r\n\r\n`]),
  ['an extension', '1;a=b\r\na\r\n0\r\n\r\n'],
  ['an extension of the last chunk', '0;a\r\n\r\n'],
  ['LF after a size', '1\na\r\n0\r\n\r\n'],
  ['LF after the data', '1\r\na\n0\r\n\r\n'],
  ['nothing after the data', '1\r\na0\r\n\r\n'],
  ['CR and no LF after a size', '1\rXa\r\n0\r\n\r\n'],
  ['data longer than its size', '1\r\nab\r\n0\r\n\r\n'],
  ['LF after the last chunk', '0\n\n'],
  ['LF at the end of the trailers', '0\r\nX: a\n\r\n'],
  ...[
    'Content-Length: 1',
    'Transfer-Encoding: chunked',
    'Host: b.test',
    'Authorization: a',
    'Cookie: a',
    'Trailer: X',
    'Connection: close',
    'Content-Type: a/b',
    'X : a',
    ': a',
    'X: \0',
    ' X: a',
  ].map((line): [string, string] => [`trailer ${JSON.stringify(line)}`, `0\r\n${line}\r\n\r\n`]),
  ['too many trailers', `0\r\n${'X: a\r\n'.repeat(200)}\r\n`],
]

describe('serveHttp1, of what is malformed', () => {
  for (const [title, bytes, status] of refused) {
    it(`answers ${status ?? 400} and closes on ${title}`, async () => {
      const { heard, faults, answer } = await converse([`${bytes}${after}`])
      expect(heard).to.deep.equal([])
      expect(faults).to.have.length(1)
      expect(answer).to.match(new RegExp(`^HTTP/1\\.1 ${status ?? 400} `))
      expect(answer).to.contain('\r\nconnection: close\r\n')
      expect(answer.match(/HTTP\/1\.1 \d/g)).to.have.length(1)
    })
  }

  for (const [title, body] of brokenBodies) {
    it(`fails the body, answers 400 and closes on a chunked body with ${title}`, async () => {
      const { heard, faults, answer, outcomes } = await converse([chunked(body) + after])
      expect(heard.map((request) => request.body.error !== null)).to.deep.equal([true])
      expect(faults).to.have.length(1)
      expect(outcomes).to.deep.equal([false])
      expect(answer).to.match(/^HTTP\/1\.1 4(00|31) /)
      expect(answer.match(/HTTP\/1\.1 \d/g)).to.have.length(1)
    })
  }

  it('takes body bytes of a request that announced none for the next request', async () => {
    const { heard, faults, answer } = await converse([
      get(''),
      'id=1&name=b'.padEnd(40, 'x') + '\r\n\r\n',
    ])
    expect(heard).to.have.length(1)
    expect(faults.map((fault) => fault.code)).to.deep.equal(['bad_request'])
    expect(answer).to.match(/^HTTP\/1\.1 204 .*\r\n\r\nHTTP\/1\.1 400 /s)
  })

  for (const line of ['Content-Length: 0', 'Transfer-Encoding: chunked']) {
    it(`refuses CONNECT with ${line}`, async () => {
      const request = `CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n${line}\r\n\r\n0\r\n\r\n`
      const { heard, answer } = await converse([request], { allowConnect: true })
      expect(heard).to.deep.equal([])
      expect(answer).to.match(/^HTTP\/1\.1 400 /)
    })
  }

  it('answers in the form of every refusal, its reason on the status line too', async () => {
    const { faults, answer } = await converse([get('X: a\0\r\n')])
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    const { refused } = JSON.parse(body) as { refused: { code: string; reason: string } }
    expect(refused).to.have.keys('code', 'rule', 'reason', 'remedy')
    expect(refused.code).to.equal('bad_request')
    expect(head).to.match(/^HTTP\/1\.1 400 .*^caisson-refusal: bad_request$/ms)
    expect(head.split('\r\n')[0]).to.equal(`HTTP/1.1 400 ${refused.reason}`)
    expect(JSON.stringify(faults)).to.include(refused.reason)
  })

  it('says nothing of the bytes it refuses', async () => {
    const { faults, answer } = await converse([get('X: sekret\0\r\n')])
    expect(JSON.stringify(faults) + answer).to.not.contain('sekret')
  })

  it('answers 408 to a header that does not end', async () => {
    const faults: string[] = []
    const { client } = frontFor(() => undefined, {
      limits: { ...defaultLimits, headersMs: 20 },
      onFault: (fault) => faults.push(fault.code),
    })
    const answer = received(client)
    client.write('GET / HTTP/1.1\r\nHost:')
    expect(await answer).to.match(/^HTTP\/1\.1 408 /)
    expect(faults).to.deep.equal(['timeout'])
  })
})
