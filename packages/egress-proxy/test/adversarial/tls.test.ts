import { expect } from 'chai'
import { createServer, type AddressInfo } from 'node:net'
import { createTestAuthority } from '../../dist/testing.js'
import { connectTo, Line, secure } from '../support/client.ts'
import { Origin } from '../support/origin.ts'
import { good, Proxied, refusalIn, settle, statusOf } from '../support/proxied.ts'
import { askHttp2, secureWays, sessionOver } from '../support/ways.ts'

const other = 'other.good.test'

describe('TLS through the proxy', () => {
  for (const servername of ['evil.test', other, `x.${good}`]) {
    it(`is not opened for ${servername} in a connection to ${good}`, async () => {
      await using world = await Proxied.open({ network: { allow: [good, other] } })
      const { socket } = await connectTo(world.door, `${good}:443`)
      const error = await secure(socket, { servername, ca: world.proxy.certificate }).then(
        () => null,
        (reason: Error & { code?: string }) => reason,
      )
      expect(error?.message).to.match(/unrecognized.name/i)
      expect(world.refused).to.include({ code: 'sni_mismatch', host: good })
      expect(world.reached).to.equal(0)
      socket.destroy()
    })
  }

  it('answers 421 to a Host, or authority, that is not its name', async () => {
    await using world = await Proxied.open({ network: { allow: [good, other] } })
    for (const host of [other, 'evil.test', `${good}:8443`]) {
      const talk = await world.intercepted()
      const answer = await talk
        .send(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
        .over()
      expect([statusOf(answer), refusalIn(answer)]).to.deep.equal([421, 'authority_mismatch'])
      talk.destroy()
      const session = sessionOver(await world.interceptedSocket(good, ['h2']), good)
      const outcome = await askHttp2(session, {
        method: 'GET',
        path: '/',
        headers: [[':authority', host]],
      })
      expect([outcome.status, outcome.code]).to.deep.equal([421, 'authority_mismatch'])
      session.destroy()
    }
    expect(world.reached).to.equal(0)
  })

  it('refuses a request of HTTP/2 whose host field and authority differ', async () => {
    await using world = await Proxied.open()
    const session = sessionOver(await world.interceptedSocket(good, ['h2']), good)
    const outcome = await askHttp2(session, {
      method: 'GET',
      path: '/',
      headers: [['host', 'evil.test']],
    })
    expect(outcome.status).to.be.oneOf([0, 400, 421])
    session.destroy()
    expect(world.reached).to.equal(0)
  })

  it('speaks to a client that names no host: its connection did', async () => {
    await using world = await Proxied.open()
    const { socket } = await connectTo(world.door, `${good}:443`)
    const talk = new Line(await secure(socket, { servername: '', ca: world.proxy.certificate }))
    talk.send(`GET /n HTTP/1.1\r\nHost: ${good}\r\n\r\n`)
    expect(await talk.answer()).to.contain('hello from /n')
    talk.destroy()
  })

  it('lets a tunnel through to the name that it is for, and to no other', async () => {
    await using world = await Proxied.open({ network: { allow: [{ host: good, tunnel: true }] } })
    const right = await connectTo(world.door, `${good}:443`)
    const talk = new Line(
      await secure(right.socket, { servername: good, ca: '' }).catch(() => right.socket),
    )
    talk.destroy()
    await settle(() => world.origin.connections === 1)
    expect(world.origin.connections).to.equal(1)
    for (const servername of ['evil.test', '']) {
      const wrong = await connectTo(world.door, `${good}:443`)
      const failed = await secure(wrong.socket, { servername, ca: '' }).then(
        () => false,
        () => true,
      )
      expect(failed).to.equal(true)
      expect(world.refused?.code).to.equal('sni_mismatch')
      wrong.socket.destroy()
    }
    expect(world.origin.connections).to.equal(1)
  })

  it('offers nothing to a client that speaks only HTTP/3', async () => {
    await using world = await Proxied.open()
    const failed = await world.intercepted(good, ['h3']).then(
      () => null,
      (error: Error) => error,
    )
    expect(failed?.message).to.match(/no.application.protocol/i)
    expect(world.reached).to.equal(0)
  })

  it('takes from answers what would lead around the proxy', async () => {
    await using world = await Proxied.open({
      answer: (_request, response) => {
        response.setHeader('alt-svc', 'h3=":443"; ma=86400')
        response.setHeader('caisson-refusal', 'not of the proxy')
        response.setHeader('x-kept', 'yes')
        response.end()
      },
    })
    for (const [name, way] of Object.entries(secureWays)) {
      const { status, text } = await way(world, { host: good, port: 443, method: 'GET', path: '/' })
      expect(status, name).to.equal(200)
      expect(text.toLowerCase(), name).to.not.contain('alt-svc')
      expect(text.toLowerCase(), name).to.not.contain('caisson-refusal')
    }
  })

  const liars: readonly [why: string, open: () => Promise<{ origin: Origin; trust: string }>][] = [
    [
      'for another name',
      async () => {
        const authority = createTestAuthority()
        const wrong = {
          certificate: authority.certificate,
          contextFor: () => authority.contextFor('evil.test'),
        }
        return { origin: await Origin.tls(wrong), trust: authority.certificate }
      },
    ],
    [
      'of an authority that nobody trusts',
      async () => {
        return {
          origin: await Origin.tls(createTestAuthority()),
          trust: createTestAuthority().certificate,
        }
      },
    ],
    [
      'for a name above',
      async () => {
        const authority = createTestAuthority()
        const wrong = {
          certificate: authority.certificate,
          contextFor: () => authority.contextFor('good.test'),
        }
        return { origin: await Origin.tls(wrong), trust: authority.certificate }
      },
    ],
  ]
  for (const [why, open] of liars) {
    it(`sends nothing to an upstream whose certificate is ${why}`, async () => {
      const { origin, trust } = await open()
      await using world = await Proxied.open({ hosts: { [`${good}:443`]: origin.address }, trust })
      for (const [name, way] of Object.entries(secureWays)) {
        const wish = { host: good, port: 443, method: 'GET', path: '/secret' }
        const { status, code } = await way(world, wish)
        expect([status, code], name).to.deep.equal([502, 'tls_failed'])
      }
      expect(origin.begun).to.equal(0)
      expect(world.refused).to.include({ code: 'tls_failed', host: good })
      await origin[Symbol.asyncDispose]()
    })
  }

  it('sends nothing to an upstream that speaks no TLS', async () => {
    const seen: string[] = []
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', (chunk: Buffer) => {
        seen.push(chunk.toString('latin1'))
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const at = `127.0.0.1:${(server.address() as AddressInfo).port}`
    await using world = await Proxied.open({ hosts: { [`${good}:443`]: at } })
    const talk = await world.intercepted()
    const answer = await talk
      .send(`GET /secret HTTP/1.1\r\nHost: ${good}\r\nConnection: close\r\n\r\n`)
      .over()
    expect([statusOf(answer), refusalIn(answer)]).to.deep.equal([502, 'tls_failed'])
    expect(seen.join('')).to.not.contain('secret')
    talk.destroy()
    await new Promise((resolve) => server.close(resolve))
  })

  it('has an authority of its own for each sandbox, that vouches for no name outside its policy', async () => {
    await using world = await Proxied.open({ network: { allow: [good], mode: 'enforce' } })
    const { status, text, socket } = await connectTo(world.door, `${other}:443`)
    socket.destroy()
    expect([status, refusalIn(text)]).to.deep.equal([403, 'host_not_allowed'])
    await world.proxy.update({ network: { allow: [other] } }).then(
      () => expect.fail('an authority was widened'),
      (error: { code?: string }) => expect(error.code).to.equal('POLICY_INVALID'),
    )
    // Nothing of what failed holds.
    const talk = await world.intercepted()
    talk.send(`GET /still HTTP/1.1\r\nHost: ${good}\r\n\r\n`)
    expect(await talk.answer()).to.contain('hello from /still')
    talk.destroy()
  })
})
