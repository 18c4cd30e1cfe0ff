/** A sequence of numbers that looks random and is the same in every run (Mulberry32). */
export function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** Pieces on which readers of HTTP/1 have disagreed. */
export const spices: readonly string[] = [
  '\r',
  '\n',
  '\r\n',
  '\r\n\r\n',
  '\0',
  ' ',
  '\t',
  '\x0b',
  ':',
  ';',
  ',',
  '0',
  '1',
  '-',
  '+',
  '0x',
  '\xff',
  '\xa0',
  '\x85',
  'HTTP/1.1',
  'HTTP/1.0',
  'GET / HTTP/1.1\r\nHost: b\r\n\r\n',
  'Content-Length: 1\r\n',
  'Content-Length: 0\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: identity\r\n',
  'Connection: close\r\n',
  'Connection: Content-Length\r\n',
  'Host: b\r\n',
  'Expect: 100-continue\r\n',
  'Upgrade: h2c\r\n',
  'TE: trailers\r\n',
  '0\r\n\r\n',
  '5\r\nhello\r\n',
  'chunked',
  'CONNECT',
  'HEAD',
  '#',
  '//',
  '@',
  '\r\n ',
]

/** `text` with a few pieces taken out, put in, doubled or changed. */
export function mutated(text: string, random: (below: number) => number): string {
  let result = text
  for (let count = random(4); count >= 0; count--) {
    const at = random(result.length + 1)
    const length = random(3) === 0 ? random(30) : 1
    const before = result.slice(0, at)
    const rest = result.slice(at)
    const act = random(5)
    if (act === 0) result = before + rest.slice(length)
    else if (act === 1) result = before + (spices[random(spices.length)] ?? '') + rest
    else if (act === 2) result = before + rest.slice(0, length) + rest
    else if (act === 3) result = before + String.fromCharCode(random(256)) + rest.slice(1)
    else result = before + (spices[random(spices.length)] ?? '') + rest.slice(length)
  }
  return result
}

const lines = 'Host: a.test\r\nUser-Agent: x\r\nAccept: */*\r\n'

/** Requests that are right. */
export const requests: readonly string[] = [
  `GET /a?b=c HTTP/1.1\r\n${lines}\r\n`,
  `POST /p HTTP/1.1\r\n${lines}Content-Length: 5\r\n\r\nhello`,
  `PUT /p HTTP/1.1\r\n${lines}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n00b\r\n and thanks!\r\n0\r\n\r\n`,
  `PATCH /p HTTP/1.1\r\n${lines}TE: trailers\r\nConnection: TE\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n`,
  `POST /p HTTP/1.1\r\n${lines}Expect: 100-continue\r\nContent-Length: 2\r\n\r\nab`,
  `DELETE /d HTTP/1.0\r\n${lines}Content-Length: 1\r\n\r\nx`,
  `GET /1 HTTP/1.1\r\n${lines}\r\nHEAD /2 HTTP/1.1\r\n${lines}\r\nOPTIONS * HTTP/1.1\r\n${lines}\r\n`,
  `GET /ws HTTP/1.1\r\n${lines}Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
]

/** Answers that are right. */
export const answers: readonly string[] = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n',
  'HTTP/1.1 204 No Content\r\nConnection: keep-alive, x\r\nX: 1\r\n\r\n',
  'HTTP/1.0 200 OK\r\nServer: x\r\n\r\nuntil the end',
  'HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n',
]
