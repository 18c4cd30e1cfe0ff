import type { Body, OutgoingHead } from '../../dist/http-message.js'
import { headOf } from './calls.ts'
import { bodyOf } from './conversation.ts'

export const goldens: readonly [
  title: string,
  head: OutgoingHead,
  body: () => Body | null,
  bytes: string,
][] = [
  [
    'a plain GET',
    headOf({
      headers: [
        ['accept', '*/*'],
        ['x', '\xe9'],
      ],
    }),
    () => null,
    'GET / HTTP/1.1\r\nhost: a.test\r\naccept: */*\r\nx: \xe9\r\n\r\n',
  ],
  [
    'a POST without body',
    headOf({ method: 'POST' }),
    () => null,
    'POST / HTTP/1.1\r\nhost: a.test\r\ncontent-length: 0\r\n\r\n',
  ],
  [
    'a body of a known length',
    headOf({ method: 'PUT', target: '/a?b' }),
    () => bodyOf(['ab', 'c'], { length: 3 }),
    'PUT /a?b HTTP/1.1\r\nhost: a.test\r\ncontent-length: 3\r\n\r\nabc',
  ],
  [
    'a GET with a body',
    headOf(),
    () => bodyOf(['abc'], { length: 3 }),
    'GET / HTTP/1.1\r\nhost: a.test\r\ncontent-length: 3\r\n\r\nabc',
  ],
  [
    'a body of an unknown length',
    headOf({ method: 'POST' }),
    () => bodyOf(['ab', '', 'c'], { trailers: [['x-sum', '1']] }),
    'POST / HTTP/1.1\r\nhost: a.test\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nx-sum: 1\r\n\r\n',
  ],
  [
    'fields that are not its own to give',
    headOf({
      headers: [
        ['content-length', '7'],
        ['transfer-encoding', 'chunked'],
        ['connection', 'close'],
        ['host', 'b.test'],
        ['keep-alive', '1'],
        ['te', 'trailers'],
      ],
    }),
    () => null,
    'GET / HTTP/1.1\r\nhost: a.test\r\nte: trailers\r\nconnection: te\r\n\r\n',
  ],
  [
    'a WebSocket handshake',
    headOf({ upgrade: 'websocket', headers: [['sec-websocket-version', '13']] }),
    () => null,
    'GET / HTTP/1.1\r\nhost: a.test\r\nsec-websocket-version: 13\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n',
  ],
]

/** The start of an answer. */
export const ok = 'HTTP/1.1 200 OK\r\n'

export const malformed: readonly [title: string, bytes: string][] = [
  ['no version', '200 OK\r\n\r\n'],
  ['another version', 'HTTP/2 200\r\n\r\n'],
  ['two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['four digits', 'HTTP/1.1 2000\r\n\r\n'],
  ['a status of six hundred', 'HTTP/1.1 600 X\r\n\r\n'],
  ['NUL in the phrase', 'HTTP/1.1 200 O\0K\r\n\r\n'],
  ['bare LF', 'HTTP/1.1 200 OK\nX: a\n\n'],
  ['bare CR', `${ok}X: a\rb\r\n\r\n`],
  ['a folded line', `${ok}X: a\r\n b\r\n\r\n`],
  ['a blank before the colon', `${ok}Content-Length : 1\r\n\r\na`],
  ['two lengths', `${ok}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`],
  ['a signed length', `${ok}Content-Length: +1\r\n\r\na`],
  ['length and chunks', `${ok}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['another coding', `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ['chunks on HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  [
    'Connection that names the length',
    `${ok}Connection: content-length\r\nContent-Length: 1\r\n\r\na`,
  ],
  [
    'a change of protocol unasked',
    'HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  ],
  ['a header too large', `${ok}X: ${'a'.repeat(40_000)}\r\n\r\n`],
  ['interim answers without end', 'HTTP/1.1 103 X\r\n\r\n'.repeat(100)],
]
