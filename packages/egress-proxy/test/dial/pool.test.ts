import { expect } from 'chai'
import type { UpstreamConnection } from '../../dist/exchange.js'
import { eventually, Loopback, makeDialer, never, h1, h2, plain, take } from './fixture.ts'

describe('a dialer: the pool', () => {
  it('uses an idle connection again, and never one that is in use', async () => {
    await using server = await Loopback.start()
    const made = makeDialer()
    const first = await take(made, server.port)
    const second = await take(made, server.port)
    expect(second).not.to.equal(first)
    first.finish()
    expect(await take(made, server.port)).to.equal(first)
    second.finish()
    first.finish()
    expect(server.sockets).to.have.length(2)
    expect(made.offered).to.deep.equal([['http/1.1'], ['http/1.1']])
    made.dialer.close()
    await server.settles(0)
  })

  it('has an idle connection at hand without another turn of the event loop', async () => {
    await using server = await Loopback.start()
    const made = makeDialer()
    const first = await take(made, server.port)
    first.finish()
    let opened: UpstreamConnection | null = null
    void made.dialer.open({ host: 'a.test', port: server.port }, h1, never).then((connection) => {
      opened = connection
    })
    await Promise.resolve()
    expect(opened).to.equal(first)
    made.dialer.close()
  })

  it('keeps schemes, hosts and ports apart', async () => {
    await using one = await Loopback.start()
    await using two = await Loopback.start()
    const made = makeDialer()
    const first = await take(made, one.port)
    first.finish()
    const others = [
      await take(made, one.port, plain),
      await take(made, two.port),
      await made.dialer.open({ host: 'b.test', port: one.port }, h1, never),
    ]
    expect(others).not.to.include(first)
    made.dialer.close()
    await one.settles(0)
    await two.settles(0)
  })

  it('dials anew when a fresh connection is wanted', async () => {
    await using server = await Loopback.start()
    const made = makeDialer()
    const first = await take(made, server.port)
    first.finish()
    expect(await take(made, server.port, { ...h1, fresh: true })).not.to.equal(first)
    const shared = await take(made, server.port, h2)
    expect(await take(made, server.port, { ...h2, fresh: true })).not.to.equal(shared)
    made.dialer.close()
  })

  it('does not lend a connection that the upstream closed', async () => {
    await using server = await Loopback.start()
    const made = makeDialer()
    const first = await take(made, server.port)
    first.finish()
    await eventually(() => server.sockets.length === 1)
    server.sockets[0]?.destroy()
    await eventually(() => !first.canTake)
    expect(await take(made, server.port)).not.to.equal(first)
    made.dialer.close()
  })

  it('keeps no more idle connections than the limit, the latest ones', async () => {
    await using server = await Loopback.start()
    const made = makeDialer({ limits: { idleUpstreams: 2 } })
    const all = [
      await take(made, server.port),
      await take(made, server.port),
      await take(made, server.port),
    ]
    for (const connection of all) connection.finish()
    await server.settles(2)
    expect(all.map(({ canTake }) => canTake)).to.deep.equal([false, true, true])
    made.dialer.close()
  })

  it('closes connections that were idle for too long, and those alone', async () => {
    await using server = await Loopback.start()
    const made = makeDialer({ limits: { idleUpstreamMs: 20 } })
    const idle = await take(made, server.port)
    const shared = await take(made, server.port, h2)
    const busy = await take(made, server.port)
    idle.finish()
    made.clock.now = 20
    await server.settles(2)
    expect([idle.canTake, shared.canTake, busy.stream.destroyed]).to.deep.equal([
      false,
      true,
      false,
    ])
    shared.finish()
    made.clock.now = 40
    await server.settles(1)
    expect(busy.stream.destroyed).to.equal(false)
    made.dialer.close()
    await server.settles(0)
  })

  it('prunes what is idle at once, and what is in use when it becomes idle', async () => {
    await using server = await Loopback.start()
    await using kept = await Loopback.start()
    const made = makeDialer()
    const idle = await take(made, server.port)
    const busy = await take(made, server.port)
    const shared = await take(made, server.port, h2)
    const other = await take(made, kept.port)
    idle.finish()
    other.finish()
    made.dialer.prune(({ port }) => port === kept.port)
    await server.settles(2)
    const next = await take(made, server.port, h2)
    expect(next).not.to.equal(shared)
    busy.finish()
    shared.finish()
    await server.settles(1)
    expect(next.canTake && other.canTake).to.equal(true)
    made.dialer.close()
  })
})
