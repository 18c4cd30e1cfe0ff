import { expect } from 'chai'
import { codeOf, eventually, Loopback, makeDialer, h2, take } from './fixture.ts'

describe('a dialer: HTTP/2', () => {
  it('makes one connection for a burst of requests', async () => {
    await using server = await Loopback.start()
    const made = makeDialer()
    const all = await Promise.all(Array.from({ length: 50 }, () => take(made, server.port, h2)))
    expect(new Set(all).size).to.equal(1)
    expect(server.sockets).to.have.length(1)
    expect(made.offered).to.deep.equal([['h2', 'http/1.1']])
    made.dialer.close()
  })

  it('raises no warning when many streams of one client wait', async () => {
    await using server = await Loopback.start()
    const { dialer } = makeDialer({ picks: 'http/1.1' })
    const warnings: string[] = []
    const onWarning = ({ name }: Error) => void warnings.push(name)
    process.on('warning', onWarning)
    const { signal } = new AbortController()
    const target = { host: 'a.test', port: server.port }
    await Promise.all(Array.from({ length: 30 }, () => dialer.open(target, h2, signal)))
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', onWarning)
    expect(warnings).to.deep.equal([])
    dialer.close()
  })

  it('makes as many connections as the upstream takes streams', async () => {
    await using server = await Loopback.start()
    const made = makeDialer({ streams: 10 })
    const all = await Promise.all(Array.from({ length: 35 }, () => take(made, server.port, h2)))
    expect(new Set(all).size).to.equal(4)
    made.dialer.close()
  })

  it('gives everybody a connection where the upstream chose HTTP/1.1, and remembers that', async () => {
    await using server = await Loopback.start()
    const made = makeDialer({ picks: 'http/1.1' })
    const all = await Promise.all(Array.from({ length: 5 }, () => take(made, server.port, h2)))
    expect(new Set(all).size).to.equal(5)
    for (const connection of all) connection.finish()
    const again = await Promise.all(Array.from({ length: 5 }, () => take(made, server.port, h2)))
    expect(new Set([...all, ...again]).size).to.equal(5)
    made.dialer.close()
  })

  it('never uses HTTP/2 when HTTP/1.1 is wanted', async () => {
    await using server = await Loopback.start()
    const made = makeDialer()
    const shared = await take(made, server.port, h2)
    const exclusive = await take(made, server.port)
    expect(exclusive).not.to.equal(shared)
    expect(made.offered.at(-1)).to.deep.equal(['http/1.1'])
    made.dialer.close()
  })

  it('refuses an upstream that chose what was not offered', async () => {
    await using server = await Loopback.start()
    const made = makeDialer({
      connectTls: (socket) =>
        Promise.resolve(Object.assign(socket, { alpnProtocol: 'h2' }) as never),
    })
    expect(await codeOf(take(made, server.port))).to.equal('tls_failed')
    await server.settles(0)
  })

  it('tells everybody who waited when the connection cannot be made, and tries anew after', async () => {
    await using server = await Loopback.start()
    let fails = true
    const made = makeDialer({
      connectTls: (socket) =>
        fails
          ? Promise.reject(new Error('not now'))
          : Promise.resolve(Object.assign(socket, { alpnProtocol: 'h2' }) as never),
    })
    const codes = await Promise.all(
      Array.from({ length: 5 }, () => codeOf(take(made, server.port, h2))),
    )
    expect(codes).to.deep.equal(Array.from({ length: 5 }, () => 'tls_failed'))
    expect(server.sockets).to.have.length(1)
    fails = false
    await take(made, server.port, h2)
    made.dialer.close()
  })

  it('goes on for the others when one leaves, and is called off when all do', async () => {
    await using server = await Loopback.start()
    const slow: (() => void)[] = []
    const made = makeDialer({
      connectTls: (socket) =>
        new Promise((resolve) => {
          slow.push(() => resolve(Object.assign(socket, { alpnProtocol: 'h2' }) as never))
        }),
    })
    const leaver = new AbortController()
    const target = { host: 'a.test', port: server.port }
    const left = codeOf(made.dialer.open(target, h2, leaver.signal))
    const stays = take(made, server.port, h2)
    await eventually(() => slow.length === 1)
    leaver.abort()
    expect(await left).to.equal('closed')
    slow[0]?.()
    const connection = await stays
    connection.destroy()
    await server.settles(0)

    const both = new AbortController()
    const gone = [1, 2].map(() => codeOf(made.dialer.open(target, h2, both.signal)))
    await eventually(() => server.sockets.length === 2)
    both.abort()
    expect(await Promise.all(gone)).to.deep.equal(['closed', 'closed'])
    // The handshake of this fake takes no notice of its signal; what it yields in the end is closed.
    await eventually(() => slow.length === 2)
    slow[1]?.()
    await server.settles(0)
  })
})
