import { expect } from 'chai'
import type { Body, OutgoingHead } from '../../dist/http-message.js'
import { defaultLimits } from '../../dist/limits.js'
import { answered, ask, headOf, pair, sent } from './calls.ts'
import { bodyOf, received } from './conversation.ts'
import { goldens, malformed, ok } from './upstream-cases.ts'

describe('connectHttp1', () => {
  for (const [title, head, body, bytes] of goldens) {
    it(`sends ${title}`, async () => {
      expect(await sent(head, body())).to.equal(bytes)
    })
  }

  const unsendable: [string, Partial<OutgoingHead>][] = [
    ['a line break in a value', { headers: [['x', 'a\r\nb: c']] }],
    ['what becomes a line break in latin-1', { headers: [['x', 'a\u010ab']] }],
    ['a blank in a name', { headers: [['x y', 'a']] }],
    ['a blank in the target', { target: '/ HTTP/1.1\r\nx: ' }],
    ['a line break in the authority', { authority: 'a\r\nb' }],
    ['a blank in the method', { method: 'GET /' }],
  ]
  for (const [title, head] of unsendable) {
    it(`sends nothing for ${title}`, async () => {
      const { upstream, server } = pair()
      const text = received(server)
      const { error } = await ask(upstream, headOf(head)).outcome
      expect(error).to.be.instanceOf(TypeError)
      upstream.destroy()
      expect(await text).to.equal('')
    })
  }

  for (const [title, bytes] of malformed) {
    it(`fails on an answer with ${title}`, async () => {
      const { error, unsent, canTake } = await answered(bytes, { end: true })
      expect(error).to.be.instanceOf(Error)
      expect(unsent).to.equal(false)
      expect(canTake).to.equal(false)
    })
  }

  const bodies: [string, string, string | null, boolean][] = [
    ['a length', `${ok}Content-Length: 3\r\n\r\nabc`, 'abc', true],
    [
      'chunks',
      `${ok}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n`,
      'abc',
      true,
    ],
    ['the end of the connection', `${ok}\r\nabc`, 'abc', false],
    ['the end of the connection at once', `${ok}\r\n`, '', false],
    ['no phrase', 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n', '', true],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', '', true],
    ['304 with a length', 'HTTP/1.1 304 X\r\nContent-Length: 9\r\n\r\n', '', true],
    ['Connection: close', `${ok}Connection: close\r\nContent-Length: 1\r\n\r\na`, 'a', false],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na', 'a', false],
    [
      'bytes behind the answer',
      `${ok}Content-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\n\r\n`,
      'a',
      false,
    ],
    ['a body cut short', `${ok}Content-Length: 5\r\n\r\nabc`, null, false],
    ['chunks cut short', `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`, null, false],
    [
      'a malformed chunk',
      `${ok}Transfer-Encoding: chunked\r\n\r\n3;a\r\nabc\r\n0\r\n\r\n`,
      null,
      false,
    ],
  ]
  for (const [title, bytes, text, isReusable] of bodies) {
    it(`reads an answer with ${title}`, async () => {
      const { body, canTake } = await answered(bytes, { end: !isReusable })
      expect(body?.error === null ? body.bytes.toString() : null).to.equal(text)
      expect(canTake).to.equal(isReusable)
    })
  }

  it('tells the length in an answer to HEAD, and reads no body', async () => {
    const { upstream, server } = pair()
    server.resume()
    const told = new Promise<number | null>((resolve) => {
      upstream.request(headOf({ method: 'HEAD' }), null, {
        informed: () => undefined,
        responded: (_head, body) => resolve(body?.length ?? null),
        switched: () => undefined,
        failed: () => resolve(-1),
      })
    })
    server.write(`${ok}Content-Length: 9\r\n\r\n`)
    expect(await told).to.equal(9)
    expect(upstream.canTake).to.equal(true)
    upstream.destroy()
  })

  it('tells interim answers and hides fields of this hop', async () => {
    const bytes =
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n' +
      `${ok}Connection: x-hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nProxy-Authenticate: Basic\r\nX: y\r\nContent-Length: 0\r\n\r\n`
    const { informed, head } = await answered(bytes)
    expect(informed).to.deep.equal([100, 103])
    expect(head).to.deep.equal({ status: 200, headers: [['x', 'y']] })
  })

  it('gives the connection on when the upstream changes to WebSocket', async () => {
    const bytes = 'HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX: y\r\n\r\nframe'
    const { head, connection } = await answered(bytes, { head: { upgrade: 'websocket' } })
    expect(head).to.deep.equal({ status: 101, headers: [['x', 'y']] })
    expect(String(connection?.read())).to.equal('frame')
    connection?.destroy()
  })

  it('carries one request after the other', async () => {
    const { upstream, server } = pair()
    let idle = 0
    upstream.onIdle(() => idle++)
    server.on('data', () => server.write(`${ok}Content-Length: 1\r\n\r\na`))
    for (let count = 1; count <= 3; count++) {
      const { outcome } = ask(upstream, headOf())
      expect(upstream.canTake).to.equal(false)
      expect((await outcome).body?.bytes.toString()).to.equal('a')
      expect(idle).to.equal(count)
    }
    upstream.destroy()
  })

  it('ends an idle connection on which bytes come', async () => {
    const { upstream, server } = pair()
    const ended = new Promise<void>((resolve) => upstream.onEnd(resolve))
    server.write('HTTP/1.1 200 OK\r\n\r\n')
    await ended
    expect(upstream.canTake).to.equal(false)
  })

  const retries: [string, Partial<OutgoingHead>, Body | null, boolean, boolean][] = [
    ['a GET on a reused connection', {}, null, true, true],
    ['a GET on a fresh connection', {}, null, false, false],
    ['a POST on a reused connection', { method: 'POST' }, null, true, false],
    ['a body on a reused connection', { method: 'PUT' }, bodyOf(['a'], { length: 1 }), true, false],
  ]
  for (const [title, more, body, isReused, isUnsent] of retries) {
    it(`says ${isUnsent ? '' : 'not '}unsent when the upstream closes on ${title}`, async () => {
      const { upstream, server } = pair()
      server.resume()
      if (isReused) {
        const first = ask(upstream, headOf())
        server.write(`${ok}Content-Length: 0\r\n\r\n`)
        await first.outcome
      }
      const { outcome } = ask(upstream, headOf(more), body)
      server.end()
      expect((await outcome).unsent).to.equal(isUnsent)
    })
  }

  it('says unsent when the connection had ended before', async () => {
    const { upstream } = pair()
    upstream.destroy()
    const { error, unsent } = await ask(upstream, headOf(), bodyOf(['a'])).outcome
    expect(error).to.be.instanceOf(Error)
    expect(unsent).to.equal(true)
  })

  it('cuts a chunked body without its end when the client aborts', async () => {
    for (const abort of [true, false]) {
      const { upstream, server } = pair()
      const text = received(server)
      const body = bodyOf(['abc'], abort ? {} : { error: new Error('the client is gone') })
      const never: Body = abort
        ? { ...body, start: (sink) => void setImmediate(() => sink.data(Buffer.from('abc'))) }
        : body
      const { call } = ask(upstream, headOf({ method: 'POST' }), never)
      for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve))
      if (abort) call.abort()
      expect(await text).to.not.contain('0\r\n\r\n')
      expect(upstream.canTake).to.equal(false)
    }
  })

  it('cuts a request whose body is not as long as announced', async () => {
    for (const piece of ['ab', 'abcd']) {
      const { upstream, server } = pair()
      const text = received(server)
      const { error } = await ask(
        upstream,
        headOf({ method: 'POST' }),
        bodyOf([piece], { length: 3 }),
      ).outcome
      expect(error).to.be.instanceOf(Error)
      expect(await text).to.not.contain(piece === 'abcd' ? 'abcd' : 'abc')
    }
  })

  it('stops sending on an early refusal, passes it on, and does not reuse', async () => {
    const { upstream, server } = pair()
    let cancelled = 0
    const endless: Body = {
      length: null,
      start: () => undefined,
      pause: () => undefined,
      resume: () => undefined,
      cancel: () => void cancelled++,
    }
    server.resume()
    const { outcome } = ask(upstream, headOf({ method: 'POST' }), endless)
    server.write('HTTP/1.1 413 X\r\nContent-Length: 2\r\n\r\nno')
    const { head, body } = await outcome
    expect(head?.status).to.equal(413)
    expect(body?.bytes.toString()).to.equal('no')
    expect(cancelled).to.equal(1)
    expect(upstream.canTake).to.equal(false)
  })

  it('fails when the answer takes too long', async () => {
    const { upstream, server } = pair({ ...defaultLimits, responseMs: 20 })
    server.resume()
    const { error, unsent } = await ask(upstream, headOf()).outcome
    expect(error?.message).to.contain('too long')
    expect(unsent).to.equal(false)
  })
})
