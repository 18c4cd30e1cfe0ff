import { expect } from 'chai'
import { credentials, line } from '../support/client.ts'
import { good, Proxied, settle, statusOf } from '../support/proxied.ts'

/** Request lines and headers, `@` for the target and `#` for what the door wants beside them. */
const cases: readonly [why: string, text: string][] = [
  [
    'both kinds of length',
    'POST @ HTTP/1.1\r\nHost: h\r\n#Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  [
    'a coding before chunked',
    'POST @ HTTP/1.1\r\nHost: h\r\n#Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
  ],
  [
    'a coding behind chunked',
    'POST @ HTTP/1.1\r\nHost: h\r\n#Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n',
  ],
  [
    'two codings',
    'POST @ HTTP/1.1\r\nHost: h\r\n#Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  [
    'chunked in HTTP/1.0',
    'POST @ HTTP/1.0\r\nHost: h\r\n#Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['identity', 'POST @ HTTP/1.1\r\nHost: h\r\n#Transfer-Encoding: identity\r\n\r\n'],
  [
    'a coding behind a tab',
    'POST @ HTTP/1.1\r\nHost: h\r\n#Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n',
  ],
  ['a signed length', 'POST @ HTTP/1.1\r\nHost: h\r\n#Content-Length: +1\r\n\r\na'],
  ['a hexadecimal length', 'POST @ HTTP/1.1\r\nHost: h\r\n#Content-Length: 0x1\r\n\r\na'],
  [
    'two lengths',
    'POST @ HTTP/1.1\r\nHost: h\r\n#Content-Length: 1\r\nContent-Length: 2\r\n\r\nab',
  ],
  ['a list of lengths', 'POST @ HTTP/1.1\r\nHost: h\r\n#Content-Length: 1, 1\r\n\r\na'],
  [
    'a length of 2^64',
    'POST @ HTTP/1.1\r\nHost: h\r\n#Content-Length: 18446744073709551616\r\n\r\na',
  ],
  ['a folded line', 'GET @ HTTP/1.1\r\nHost: h\r\n#X: a\r\n b\r\n\r\n'],
  ['bare line feeds', 'GET @ HTTP/1.1\nHost: h\n\n'],
  ['one bare line feed', 'GET @ HTTP/1.1\r\nHost: h\r\n#X: a\nY: b\r\n\r\n'],
  ['a bare carriage return', 'GET @ HTTP/1.1\r\nHost: h\r\n#X: a\rY: b\r\n\r\n'],
  ['NUL in a value', 'GET @ HTTP/1.1\r\nHost: h\r\n#X: a\0b\r\n\r\n'],
  ['an empty name', 'GET @ HTTP/1.1\r\nHost: h\r\n#: a\r\n\r\n'],
  ['a blank before the colon', 'GET @ HTTP/1.1\r\nHost: h\r\n#X : a\r\n\r\n'],
  ['a line without a colon', 'GET @ HTTP/1.1\r\nHost: h\r\n#X\r\n\r\n'],
  ['two hosts', 'GET @ HTTP/1.1\r\nHost: h\r\nHost: evil.test\r\n#\r\n'],
  ['no host', 'GET @ HTTP/1.1\r\n#\r\n'],
  ['an empty host', 'GET @ HTTP/1.1\r\nHost:\r\n#\r\n'],
  ['a host with a path', 'GET @ HTTP/1.1\r\nHost: h/x\r\n#\r\n'],
  ['a host with a user', 'GET @ HTTP/1.1\r\nHost: evil.test@h\r\n#\r\n'],
  ['HTTP/2.0 in a line', 'GET @ HTTP/2.0\r\nHost: h\r\n#\r\n'],
  ['HTTP/1.2', 'GET @ HTTP/1.2\r\nHost: h\r\n#\r\n'],
  ['two blanks', 'GET  @ HTTP/1.1\r\nHost: h\r\n#\r\n'],
  ['a tab for a blank', 'GET\t@ HTTP/1.1\r\nHost: h\r\n#\r\n'],
  ['8-bit bytes in the target', 'GET @\xff HTTP/1.1\r\nHost: h\r\n#\r\n'],
  ['a control byte in the target', 'GET @\x01 HTTP/1.1\r\nHost: h\r\n#\r\n'],
  ['a fragment', 'GET @#x HTTP/1.1\r\nHost: h\r\n\r\n'],
  [
    'an odd expectation',
    'POST @ HTTP/1.1\r\nHost: h\r\n#Expect: 200-ok\r\nContent-Length: 1\r\n\r\na',
  ],
]

/** Bodies that are found wrong while they come: what began may be cut, never completed. */
const bodies: readonly [why: string, body: string][] = [
  ['a hexadecimal mark', '0x1\r\na\r\n0\r\n\r\n'],
  ['a sign', '+1\r\na\r\n0\r\n\r\n'],
  ['a blank before the size', ' 1\r\na\r\n0\r\n\r\n'],
  ['a size of 17 digits', '00000000000000001\r\na\r\n0\r\n\r\n'],
  ['bare line feeds', '1\na\n0\n\n'],
  ['no end behind the data', '1\r\nab\r\n0\r\n\r\n'],
  ['an empty size', '\r\na\r\n0\r\n\r\n'],
  ['a carriage return in an extension', '1;a\rb\r\na\r\n0\r\n\r\n'],
  ['a field in the trailers that frames', '1\r\na\r\n0\r\nContent-Length: 5\r\n\r\n'],
]

const network = {
  allow: [
    { host: good, methods: ['GET', 'POST'] },
    { host: good, protocol: 'http-plain', methods: ['GET', 'POST'] },
  ],
} as const

describe('a malformed request', () => {
  for (const [why, text] of cases) {
    it(`goes nowhere: ${why}`, async () => {
      await using world = await Proxied.open({ network })
      const atDoor = text
        .replace('@', `http://${good}/x`)
        .replaceAll(/Host: ([a-z.@]*)h/g, `Host: $1${good}`)
        .replace('\r\n#', `\r\n${credentials(world.door)}`)
      const door = await line(world.door)
      const answer = await door.send(atDoor).over()
      expect(statusOf(answer), answer).to.be.oneOf([400, 403, 417, 421, 431, 501, 505])
      door.destroy()
      const inside = await world.intercepted()
      const own = text
        .replace('@', '/x')
        .replaceAll(/Host: ([a-z.@]*)h/g, `Host: $1${good}`)
        .replace('\r\n#', '\r\n')
      const second = await inside.send(own).over()
      expect(statusOf(second), second).to.be.oneOf([400, 403, 417, 421, 431, 501, 505])
      inside.destroy()
      expect(world.reached).to.equal(0)
      await settle(() => world.decisions.filter(({ verdict }) => verdict === 'deny').length >= 2)
      expect(world.decisions.filter(({ verdict }) => verdict === 'deny')).to.have.length(2)
    })
  }

  for (const [why, body] of bodies) {
    it(`never arrives as a whole: chunks with ${why}`, async () => {
      await using world = await Proxied.open({ network })
      const inside = await world.intercepted()
      const head = `POST /x HTTP/1.1\r\nHost: ${good}\r\nTransfer-Encoding: chunked\r\n\r\n`
      await inside.send(head + body).over()
      inside.destroy()
      await settle(() => world.origin.begun === world.origin.aborted)
      expect(world.origin.seen).to.deep.equal([])
    })
  }

  it('never arrives as a whole when its client leaves in the middle of a chunk', async () => {
    await using world = await Proxied.open({ network })
    const inside = await world.intercepted()
    inside.send(
      `POST /x HTTP/1.1\r\nHost: ${good}\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab`,
    )
    await settle(() => world.origin.bodyBytes === 2)
    inside.destroy()
    await settle(() => world.origin.aborted === 1)
    expect(world.origin).to.include({ begun: 1, aborted: 1 })
    expect(world.origin.seen).to.deep.equal([])
  })

  it('arrives when it is well-formed', async () => {
    await using world = await Proxied.open({ network })
    const inside = await world.intercepted()
    inside.send(
      `POST /x HTTP/1.1\r\nHost: ${good}\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n`,
    )
    expect(await inside.answer()).to.contain('hello from /x')
    expect(world.origin.seen[0]).to.include({ method: 'POST', body: 'ab' })
    inside.destroy()
  })

  it('does not hide a second request in the body of a first', async () => {
    await using world = await Proxied.open({ network })
    const hidden = `GET /hidden HTTP/1.1\r\nHost: ${good}\r\n\r\n`
    const inside = await world.intercepted()
    inside.send(
      `GET /x HTTP/1.1\r\nHost: ${good}\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
    )
    expect(await inside.answer()).to.contain('hello from /x')
    expect(world.origin.seen.map(({ url }) => url)).to.deep.equal(['/x'])
    inside.destroy()
  })

  it('strips what asks for HTTP/2 in plain text, and what is for the next hop alone', async () => {
    await using world = await Proxied.open({ network })
    const inside = await world.intercepted()
    inside.send(
      `GET /x HTTP/1.1\r\nHost: ${good}\r\nConnection: Upgrade, HTTP2-Settings, X-Hop\r\nUpgrade: h2c\r\n` +
        'HTTP2-Settings: AAMAAABkAAQAAP__\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: gzip\r\nX-Kept: 1\r\n\r\n',
    )
    const answer = await inside.answer()
    if (statusOf(answer) === 200) {
      expect(Object.keys(world.origin.seen[0]?.headers ?? {})).not.to.include.members(['upgrade'])
      expect(world.origin.seen[0]?.headers).to.not.have.any.keys(
        'upgrade',
        'http2-settings',
        'x-hop',
        'keep-alive',
      )
      expect(world.origin.seen[0]?.headers).to.have.property('x-kept', '1')
    } else expect(world.reached).to.equal(0)
    inside.destroy()
  })

  it('does not pass on what names another host for the next hop', async () => {
    await using world = await Proxied.open({ network })
    const inside = await world.intercepted()
    const names = ['Forwarded: host=evil.test', 'X-Forwarded-Host: evil.test', 'X-Host: evil.test']
    inside.send(`GET /x HTTP/1.1\r\nHost: ${good}\r\n${names.join('\r\n')}\r\nX-Kept: 1\r\n\r\n`)
    expect(statusOf(await inside.answer())).to.equal(200)
    const [seen] = world.origin.seen
    expect(JSON.stringify(seen?.headers)).to.not.contain('evil.test')
    expect(seen?.headers).to.have.property('x-kept', '1')
    inside.destroy()
  })

  it('hears of its refusal before it sends a body', async () => {
    await using world = await Proxied.open({ network: { allow: [good] } })
    const inside = await world.intercepted()
    inside.send(
      `POST /x HTTP/1.1\r\nHost: ${good}\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n`,
    )
    expect(statusOf(await inside.answer())).to.equal(405)
    inside.destroy()
    expect(world.reached).to.equal(0)
  })
})
