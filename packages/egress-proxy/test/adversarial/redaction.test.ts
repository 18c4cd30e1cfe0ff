import { expect } from 'chai'
import { gzipSync } from 'node:zlib'
import { echoes, end, joined, keyOf, padded, shows } from '../support/echoes.ts'
import { keyed, secret, wish } from '../support/keyed.ts'
import type { Answer } from '../support/origin.ts'
import { good } from '../support/proxied.ts'
import { secureWays } from '../support/ways.ts'

const [first] = Object.values(secureWays)
if (first === undefined) throw new Error('no way')
const asked = `GET /v1/x HTTP/1.1\r\nHost: ${good}\r\nTE: trailers\r\n\r\n`

describe('a secret that comes back', () => {
  for (const [name, way] of Object.entries(secureWays))
    it(`is unreadable: ${name}`, async () => {
      let answer: Answer = (_request, response) => void response.end()
      await using world = await keyed('key', { answer: (...all) => answer(...all) })
      for (const [why, next] of echoes) {
        answer = next
        const { status, text } = await way(world, wish())
        expect([why, shows(text), text.includes(secret.slice(3, -3))]).to.deep.equal([
          why,
          false,
          false,
        ])
        expect(status, why).to.be.oneOf([200, 204, 304, 500, 502])
      }
      expect(world.alarms.filter(({ kind }) => kind === 'secret_reflected').length).to.be.at.least(
        8,
      )
      expect(JSON.stringify([world.alarms, world.decisions, world.logs])).not.to.include(secret)
    }).timeout(20_000)

  it('is readable where nobody keeps it', async () => {
    await using world = await keyed('guest', { credentials: {} })
    const before = { headers: [['x-api-key', secret]] } as const
    let answer: Answer = (_request, response) => void response.end()
    await using open = await keyed('guest', { credentials: {}, answer: (...all) => answer(...all) })
    for (const [why, next] of echoes.slice(0, 3)) {
      answer = next
      expect(shows((await first(open, wish(before))).text), why).to.equal(true)
    }
    expect(world.reached).to.equal(0)
  })

  it('is unreadable wherever its pieces are cut', async () => {
    let at = 0
    const answer: Answer = (request, response) => {
      const text = `<${keyOf(request)}>`
      response.write(text.slice(0, at))
      // Each piece by itself, as a chunk of its own.
      setImmediate(() => response.end(text.slice(at)))
    }
    await using world = await keyed('key', { answer })
    const talk = await world.intercepted()
    for (at = 1; at < secret.length + 2; at += 1) {
      const text = joined(await talk.send(asked).answer())
      expect([at, shows(text), text.includes('redacted')]).to.deep.equal([at, false, true])
    }
    talk.destroy()
  })

  it('is unreadable when it comes byte by byte', async () => {
    const answer: Answer = (request, response) => {
      const bytes = Buffer.from(padded(keyOf(request)))
      const next = (at: number): void => {
        if (at === bytes.length) return void response.end()
        response.write(bytes.subarray(at, at + 1), () => next(at + 1))
      }
      next(0)
    }
    await using world = await keyed('key', { answer })
    for (const [name, way] of Object.entries(secureWays).slice(0, 2)) {
      const { text } = await way(world, wish())
      expect([name, shows(joined(text))]).to.deep.equal([name, false])
    }
  })

  it('does not delay what comes before it', async () => {
    let go: () => void = () => undefined
    const answer: Answer = (request, response) => {
      response.setHeader('content-type', 'text/event-stream')
      response.write('data: one\n\n')
      go = () => {
        response.write(`data: ${keyOf(request)}\n\n`)
        go = () => response.end('data: three\n\n')
      }
    }
    await using world = await keyed('key', { answer })
    const talk = await world.intercepted()
    talk.send(asked)
    await talk.until((text) => text.includes('data: one\n\n'))
    go()
    await talk.until((text) => text.includes('redacted') && /redacted[^\n]*\n\n/.test(text))
    go()
    const text = await talk.until((all) => all.includes('data: three\n\n'))
    expect(shows(text)).to.equal(false)
    talk.destroy()
  })

  it('is unreadable in trailers', async () => {
    const answer: Answer = (request, response) => {
      response.setHeader('trailer', 'x-sum')
      response.write('body')
      response.addTrailers({ 'x-sum': keyOf(request) })
      response.end()
    }
    await using world = await keyed('key', { answer })
    const talk = await world.intercepted()
    talk.send(asked)
    const text = await talk.until((all) => all.includes('0\r\n') && all.endsWith('\r\n\r\n'))
    expect([text.includes('x-sum'), shows(text)]).to.deep.equal([true, false])
    talk.destroy()
  })

  it('is not cut to pieces on request', async () => {
    const answer: Answer = (request, response) => {
      const text = keyOf(request)
      const range = /bytes=([0-9]+)-([0-9]+)/.exec(String(request.headers['range']))
      if (range === null) return end(response, text)
      response.statusCode = 206
      response.end(text.slice(Number(range[1]), Number(range[2]) + 1))
    }
    await using world = await keyed('key', { answer })
    for (const [name, way] of Object.entries(secureWays)) {
      let all = ''
      for (let at = 0; at < secret.length; at += 4) {
        const headers = [
          ['range', `bytes=${at}-${at + 3}`],
          ['if-range', '"a"'],
        ] as const
        all += (await way(world, wish({ headers }))).text
      }
      expect([name, shows(all)]).to.deep.equal([name, false])
    }
    for (const { headers } of world.origin.seen)
      expect(headers).to.not.have.any.keys('range', 'if-range')
  })

  it('is not passed on in a part that nobody asked for, or a coding that nobody can undo', async () => {
    const odd: readonly Answer[] = [
      (request, response) => {
        response.statusCode = 206
        end(response, keyOf(request).slice(0, 9), { 'content-range': 'bytes 0-8/100' })
      },
      (request, response) => end(response, keyOf(request), { 'content-encoding': 'compress' }),
      (request, response) =>
        end(response, gzipSync(gzipSync(keyOf(request))), { 'content-encoding': 'gzip, gzip' }),
      (request, response) =>
        end(response, keyOf(request), { 'content-encoding': 'gzip, identity, x' }),
    ]
    let answer: Answer = (_request, response) => void response.end()
    await using world = await keyed('key', { answer: (...all) => answer(...all) })
    for (const [name, way] of Object.entries(secureWays))
      for (const next of odd) {
        answer = next
        const { status, code, text } = await way(world, wish())
        expect([name, status, code, shows(text)]).to.deep.equal([
          name,
          502,
          'response_unreadable',
          false,
        ])
      }
  })
})
