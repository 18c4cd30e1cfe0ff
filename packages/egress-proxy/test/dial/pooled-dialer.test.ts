import { expect } from 'chai'
import { codeOf, eventually, Loopback, makeDialer, never, h1, h2, take } from './fixture.ts'

describe('a dialer: bounds and ends', () => {
  it('refuses more connections than the limit, and closes an idle one to make room', async () => {
    await using server = await Loopback.start()
    const made = makeDialer({ limits: { connections: 2 } })
    const first = await take(made, server.port)
    const tunnel = await made.dialer.connect({ host: 'a.test', port: server.port }, never)
    expect(await codeOf(take(made, server.port))).to.equal('rate_limited')
    first.finish()
    const other = await made.dialer.connect({ host: 'b.test', port: server.port }, never)
    await server.settles(2)
    tunnel.destroy()
    other.destroy()
    await server.settles(0)
    await eventually(() => true)
    await take(made, server.port)
    made.dialer.close()
  })

  it('counts dials under way', async () => {
    const made = makeDialer({
      limits: { connections: 3 },
      answers: () => new Promise(() => undefined),
    })
    const results = Array.from({ length: 5 }, (_, index) =>
      codeOf(made.dialer.connect({ host: `h${String(index)}.test`, port: 1 }, never)),
    )
    setImmediate(() => made.dialer.close())
    const codes = await Promise.all(results)
    expect(codes.filter((code) => code === 'rate_limited')).to.have.length(2)
    expect(codes.filter((code) => code === 'closed')).to.have.length(3)
  })

  it('leaves no socket after close: idle, in use, tunnels, and dials under way', async () => {
    await using server = await Loopback.start()
    const made = makeDialer({
      answers: (host) => (host === 'slow.test' ? new Promise(() => undefined) : ['127.0.0.1']),
    })
    const idle = await take(made, server.port)
    await take(made, server.port)
    await take(made, server.port, h2)
    idle.finish()
    await made.dialer.connect({ host: 'a.test', port: server.port }, never)
    const slow = codeOf(made.dialer.connect({ host: 'slow.test', port: server.port }, never))
    const dialling = made.dialer.connect({ host: 'a.test', port: server.port }, never)
    made.dialer.close()
    expect(await slow).to.equal('closed')
    expect(await codeOf(dialling)).to.equal('closed')
    await server.settles(0)
    expect(await codeOf(take(made, server.port))).to.equal('closed')
    expect(await codeOf(made.dialer.connect({ host: 'a.test', port: 1 }, never))).to.equal('closed')
    made.dialer.close()
  })

  it('asks no name for a caller who has left', async () => {
    const made = makeDialer()
    const aborted = AbortSignal.abort()
    expect(await codeOf(made.dialer.connect({ host: 'a.test', port: 1 }, aborted))).to.equal(
      'closed',
    )
    expect(await codeOf(made.dialer.open({ host: 'a.test', port: 1 }, h1, aborted))).to.equal(
      'closed',
    )
    expect(made.asked).to.deep.equal([])
  })

  it('stops a TLS handshake that the caller does not wait for, or that takes too long', async () => {
    await using server = await Loopback.start()
    const made = makeDialer({
      limits: { tlsMs: 20 },
      connectTls: (_socket, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('stopped')))
        }),
    })
    expect(await codeOf(take(made, server.port))).to.equal('tls_failed')
    const controller = new AbortController()
    const target = { host: 'a.test', port: server.port }
    const left = codeOf(made.dialer.open(target, h1, controller.signal))
    controller.abort()
    expect(await left).to.equal('closed')
    await server.settles(0)
  })
})
