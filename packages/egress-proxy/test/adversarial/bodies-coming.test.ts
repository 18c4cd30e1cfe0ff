import { expect } from 'chai'
import { foreign, kept, keyed, ruleFor, secret, wish } from '../support/keyed.ts'
import { good, type Proxied, refusalIn, settle, statusOf } from '../support/proxied.ts'
import { askHttp2, secureWays, sessionOver } from '../support/ways.ts'

const json = 'application/json'
const onlyModel = { body: { json: { keys: ['model'] } } }

describe('a body that is judged, as it comes', () => {
  const bad = `{"model":"a","api_key":"${foreign}"}`
  const head = (fields: string): string =>
    `POST /v1/x HTTP/1.1\r\nHost: ${good}\r\nContent-Type: ${json}\r\n${fields}\r\n`
  const chunks = (text: string): string =>
    text
      .split('')
      .map((byte) => `1\r\n${byte}\r\n`)
      .join('')

  it('is refused when it comes in chunks, with no length', async () => {
    await using world = await keyed('key', { rule: onlyModel })
    const talk = await world.intercepted()
    const text = await talk
      .send(`${head('Transfer-Encoding: chunked\r\n')}${chunks(bad)}0\r\n\r\n`)
      .answer()
    expect([statusOf(text), world.reached]).to.deep.equal([403, 0])
    talk.destroy()
  })

  it('is refused when it comes byte by byte, before any of it is sent', async () => {
    await using world = await keyed('key', { rule: onlyModel })
    const talk = await world.intercepted()
    talk.send(head(`Content-Length: ${bad.length}\r\n`))
    for (const byte of bad.slice(0, -1)) {
      talk.send(byte)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect([talk.text, world.reached]).to.deep.equal(['', 0])
    const text = await talk.send(bad.slice(-1)).answer()
    expect([statusOf(text), world.reached]).to.deep.equal([403, 0])
    talk.destroy()
  })

  it('is waited for before it is said that it may come, but only where it has to be seen', async () => {
    await using world = await keyed('key', { rule: { ...onlyModel, paths: ['/v1/x'] } })
    const expects = `Content-Length: ${bad.length}\r\nExpect: 100-continue\r\n`
    // The head alone is wrong: nobody asks for the body.
    for (const [why, fields] of [
      ['a foreign key', `Authorization: Bearer ${foreign}\r\n`],
      ['a dummy of nobody', `X-Api-Key: ${foreign}\r\n`],
    ] as const) {
      const talk = await world.intercepted()
      const text = await talk.send(head(`${fields}${expects}`)).answer()
      expect([why, statusOf(text), refusalIn(text)]).to.deep.equal([why, 403, 'foreign_credential'])
      talk.destroy()
    }
    const wrongPath = await world.intercepted()
    expect(
      statusOf(await wrongPath.send(head(expects).replace('/v1/x', '/v1/y')).answer()),
    ).to.equal(403)
    wrongPath.destroy()
    const talk = await world.intercepted()
    expect(await talk.send(head(expects)).until((all) => all.includes('\r\n\r\n'))).to.match(
      /^HTTP\/1\.1 100 /,
    )
    talk.take()
    expect(statusOf(await talk.send(bad).answer())).to.equal(403)
    talk.destroy()
    expect(world.reached).to.equal(0)
  })

  it('that is wrong ends nothing else of its connection', async () => {
    await using world = await keyed('key', { rule: onlyModel })
    const talk = await world.intercepted()
    const one = (body: string): string => `${head(`Content-Length: ${body.length}\r\n`)}${body}`
    talk.send(
      [one('{"model":"1"}'), one(bad), one('{"model":"2"}'), one(bad), one('{"model":"3"}')].join(
        '',
      ),
    )
    await settle(() => world.origin.seen.length === 3)
    await talk.until((text) => text.split('hello from').length === 4)
    const statuses = [...talk.text.matchAll(/HTTP\/1\.1 ([0-9]{3})/g)].map(([, status]) => status)
    expect(statuses).to.deep.equal(['200', '403', '200', '403', '200'])
    expect(world.origin.seen.map(({ body }) => body)).to.deep.equal([
      '{"model":"1"}',
      '{"model":"2"}',
      '{"model":"3"}',
    ])
    talk.destroy()
  })

  it('is written anew, so that what was judged is what is sent', async () => {
    await using world = await keyed('key', { rule: onlyModel })
    const talk = await world.intercepted()
    const body = ' {\t"mod\\u0065l" :\n"\\u0061\\/" } '
    await talk
      .send(`${head(`Content-Length: ${body.length}\r\nContent-MD5: AAAA\r\n`)}${body}`)
      .answer()
    expect(world.origin.seen[0]?.body).to.equal('{"model":"a/"}')
    talk.destroy()
  })

  it('may hold the credential’s own dummy in its place, and nobody’s in another', async () => {
    const credentials = { key: { ...kept, carrier: { json: '/auth/key' } } }
    await using world = await keyed('key', { credentials })
    const [way] = Object.values(secureWays)
    if (way === undefined) throw new Error('no way')
    const dummy = world.proxy.environment['ANTHROPIC_API_KEY'] ?? ''
    const ask = (body: object) => {
      const headers = [['content-type', json]] as const
      return way(world, wish({ method: 'POST', headers, body: JSON.stringify(body) }))
    }
    for (const wrong of [
      { auth: { key: foreign } },
      { auth: { key: '' }, api_key: foreign },
      {},
      { auth: { key: '' }, api_key: dummy },
    ]) {
      const { status } = await ask(wrong)
      expect([JSON.stringify(wrong), [400, 403].includes(status)]).to.deep.equal([
        JSON.stringify(wrong),
        true,
      ])
    }
    expect(world.origin.begun).to.equal(0)
    for (const right of [{ auth: { key: dummy } }, { auth: { key: '' } }, { auth: {} }])
      expect((await ask(right)).status).to.equal(200)
    expect(world.origin.seen.map(({ body }) => body)).to.deep.equal(
      Array(3).fill(`{"auth":{"key":"${secret}"}}`),
    )
  })

  it('gives the memory that it waited in back', async () => {
    const limits = { judgedBodyBytes: 100_000, judgedBodiesBytes: 150_000 }
    await using world: Proxied = await keyed('key', { rule: onlyModel, limits })
    const large = `{"model":"${'x'.repeat(90_000)}"}`
    const ask = async (body: string, cut = body.length): Promise<string> => {
      const talk = await world.intercepted()
      talk.send(`${head(`Content-Length: ${body.length}\r\n`)}${body.slice(0, cut)}`)
      if (cut < body.length) {
        await settle(() => world.proxy.usage().openConnections > 0)
        talk.destroy()
        return 'left'
      }
      const text = await talk.answer()
      talk.destroy()
      return String(refusalIn(text) ?? statusOf(text))
    }
    for (let turn = 0; turn < 12; turn += 1) {
      expect(await ask(large)).to.equal('200')
      expect(await ask(`{"model":"a","b":"${'x'.repeat(90_000)}"}`)).to.equal('body_not_allowed')
      expect(await ask(large, 60_000)).to.equal('left')
      await settle(() => world.proxy.usage().openConnections === 0)
      expect(await ask(`{"model":"${'x'.repeat(120_000)}"}`)).to.equal('budget_request')
    }
    const both = await Promise.all([ask(large), ask(large), ask(large), ask(large)])
    for (const outcome of both) expect(['200', 'rate_limited']).to.include(outcome)
    expect(await ask(large)).to.equal('200')
  })

  it('that is refused leaves the other streams of its connection alone', async () => {
    await using world = await keyed('key', { rule: onlyModel })
    const session = sessionOver(await world.interceptedSocket(good, ['h2']), good)
    const headers = { ':method': 'POST', ':path': '/v1/x', 'content-type': json }
    const streams = Array.from({ length: 6 }, () => session.request(headers))
    const bodies = streams.map((_, at) => (at % 2 === 0 ? `{"model":"${at}"}` : bad))
    const outcomes = streams.map(
      (stream) =>
        new Promise<number>((resolve) => {
          stream.on('response', (head) => resolve(Number(head[':status'])))
          stream.on('error', () => undefined)
          stream.resume()
        }),
    )
    // Byte by byte, one stream after the other.
    for (let at = 0; at < bad.length; at += 1)
      for (const [which, stream] of streams.entries()) {
        const byte = bodies[which]?.[at]
        if (byte !== undefined) stream.write(byte)
        if (at + 1 === bodies[which]?.length) stream.end()
      }
    expect(await Promise.all(outcomes)).to.deep.equal([200, 403, 200, 403, 200, 403])
    const arrived = world.origin.seen.map(({ body }) => body).toSorted()
    expect(arrived).to.deep.equal(['{"model":"0"}', '{"model":"2"}', '{"model":"4"}'])
    expect(world.origin.begun).to.equal(3)
    expect((await askHttp2(session, { method: 'GET', path: '/v1/x' })).status).to.equal(200)
    session.destroy()
  })

  for (const [why, next, code] of [
    [
      'that allows no such body',
      { ...onlyModel, paths: ['/v1/x'], body: { json: { keys: ['b'] } } },
      'body_not_allowed',
    ],
    ['that allows no such path', { paths: ['/v1/y'] }, 'path_not_allowed'],
  ] as const)
    it(`is judged by a policy ${why}, when that came before its end`, async () => {
      await using world = await keyed('key', { rule: onlyModel })
      const talk = await world.intercepted()
      const body = '{"model":"a"}'
      talk.send(`${head(`Content-Length: ${body.length}\r\n`)}${body.slice(0, 5)}`)
      await new Promise((resolve) => setImmediate(resolve))
      await world.proxy.update({
        network: { allow: [ruleFor('key', next)] },
        credentials: { key: kept },
      })
      const text = await talk.send(body.slice(5)).answer()
      expect([statusOf(text), world.reached]).to.deep.equal([403, 0])
      expect([code, 'closed']).to.include(refusalIn(text))
      talk.destroy()
    })

  it('goes in the name that the newest policy says', async () => {
    const credentials = {
      key: kept,
      two: { ...kept, source: { static: `${secret}-two` }, expose: 'OTHER_KEY' },
    }
    await using world = await keyed('key', { rule: onlyModel, credentials })
    const talk = await world.intercepted()
    const body = '{"model":"a"}'
    const start = `${head(`Content-Length: ${body.length}\r\n`)}${body.slice(0, 5)}`
    talk.send(start)
    await new Promise((resolve) => setImmediate(resolve))
    await world.proxy.update({ network: { allow: [ruleFor('two', onlyModel)] }, credentials })
    const status = statusOf(await talk.send(body.slice(5)).answer())
    const used = world.origin.seen.map(({ headers }) => headers['x-api-key'])
    expect([status, used]).to.deep.equal(status === 200 ? [200, [`${secret}-two`]] : [403, []])
    talk.destroy()
  })

  it('of a client that leaves in the middle goes nowhere', async () => {
    await using world = await keyed('key', { rule: onlyModel })
    for (const fields of ['Content-Length: 500\r\n', 'Transfer-Encoding: chunked\r\n']) {
      const talk = await world.intercepted()
      talk.send(`${head(fields)}d\r\n{"model":"a"}`)
      await new Promise((resolve) => setImmediate(resolve))
      talk.destroy()
      await settle(() => world.proxy.usage().openConnections === 0)
    }
    expect(world.reached).to.equal(0)
  })
})
