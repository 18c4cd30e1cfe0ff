import { expect } from 'chai'
import { parseHosts } from '../../dist/dial/hosts.js'
import type { AddressVerdict } from '../../dist/dial/vet.js'
import type { UpstreamConnection } from '../../dist/exchange.js'
import {
  codeOf,
  eventually,
  FakeConnection,
  Loopback,
  makeDialer,
  never,
  refusalOf,
  type Made,
} from './fixture.ts'

const h1 = { scheme: 'https', protocol: 'http/1.1', fresh: false } as const
const h2 = { scheme: 'https', protocol: 'h2', fresh: false } as const
const plain = { scheme: 'http', protocol: 'http/1.1', fresh: false } as const

async function take(
  { dialer }: Made,
  port: number,
  wanted: Parameters<Made['dialer']['open']>[1] = h1,
): Promise<FakeConnection> {
  const connection: UpstreamConnection = await dialer.open({ host: 'a.test', port }, wanted, never)
  const fake = connection as FakeConnection
  fake.begin()
  return fake
}

describe('a dialer: names and addresses', () => {
  it('dials the address that was vetted, though the name leads elsewhere by then (rebinding)', async () => {
    await using server = await Loopback.start()
    let answers = ['127.0.0.1']
    const made = makeDialer({
      answers: () => answers,
      judge: (address) => (address === '127.0.0.1' ? 'named' : 'refused'),
    })
    const target = { host: 'a.test', port: server.port }
    const first = await made.dialer.connect(target, never)
    answers = ['10.0.0.1']
    const second = await made.dialer.connect(target, never)
    expect(made.asked).to.deep.equal(['a.test'])
    made.clock.now = 5_000
    expect(await codeOf(made.dialer.connect(target, never))).to.equal('address_denied')
    expect(made.asked).to.deep.equal(['a.test', 'a.test'])
    first.destroy()
    second.destroy()
  })

  it('dials only what passes of a mixed answer', async () => {
    await using server = await Loopback.start()
    const made = makeDialer({
      answers: () => ['127.0.0.2', '127.0.0.1'],
      judge: (address) => (address === '127.0.0.1' ? 'named' : 'refused'),
    })
    const stream = await made.dialer.connect({ host: 'a.test', port: server.port }, never)
    await eventually(() => server.sockets.length === 1)
    expect(server.sockets[0]?.localAddress).to.equal('127.0.0.1')
    stream.destroy()
  })

  it('reaches loopback when policy names it, and not when it does not', async () => {
    await using server = await Loopback.start()
    const target = { host: 'a.test', port: server.port }
    const open = await makeDialer({ judge: () => 'named' }).dialer.connect(target, never)
    open.destroy()
    const seen = server.sockets.length
    const denied = makeDialer({ judge: () => 'refused' }).dialer
    expect(await codeOf(denied.connect(target, never))).to.equal('address_denied')
    // Public in the eyes of the guard, but an address of this machine.
    const self = makeDialer({ judge: () => 'public' }).dialer
    expect(await codeOf(self.connect(target, never))).to.equal('self')
    expect(server.sockets).to.have.length(seen)
  })

  it('refuses its own listeners, by name and by number, even where policy names the address', async () => {
    await using server = await Loopback.start()
    const made = makeDialer()
    const remove = made.own.add({ address: '127.0.0.1', port: server.port })
    for (const host of ['a.test', '127.0.0.1']) {
      expect(await codeOf(made.dialer.connect({ host, port: server.port }, never))).to.equal('self')
    }
    expect(server.sockets).to.have.length(0)
    remove()
    const stream = await made.dialer.connect({ host: 'a.test', port: server.port }, never)
    stream.destroy()
  })

  it('asks nobody for an address, and judges it', async () => {
    await using server = await Loopback.start()
    const target = { host: '127.0.0.1', port: server.port }
    const made = makeDialer()
    const stream = await made.dialer.connect(target, never)
    stream.destroy()
    expect(made.asked).to.deep.equal([])
    const strict = makeDialer({ judge: () => 'refused' })
    expect(await codeOf(strict.dialer.connect(target, never))).to.equal('address_denied')
  })

  it('dials the hosts option without resolving, guard or self', async () => {
    await using server = await Loopback.start()
    const fixed = parseHosts({ 'a.test:443': `127.0.0.1:${String(server.port)}` })
    const made = makeDialer({ routing: { fixed }, judge: () => 'refused' })
    made.own.add({ address: '127.0.0.1', port: server.port })
    const stream = await made.dialer.connect({ host: 'a.test', port: 443 }, never)
    stream.destroy()
    expect(made.asked).to.deep.equal([])
    expect(made.dialer.describe({ host: 'a.test', port: 443 })).to.deep.equal({ dns: 'hosts' })
    expect(await codeOf(made.dialer.connect({ host: 'a.test', port: 80 }, never))).to.equal(
      'address_denied',
    )
  })

  it('refuses when the guard turned stricter while it connected', async () => {
    await using server = await Loopback.start()
    let judged = 0
    const judge = (): AddressVerdict => (++judged === 1 ? 'named' : 'refused')
    const { dialer } = makeDialer({ judge })
    expect(await codeOf(dialer.connect({ host: 'a.test', port: server.port }, never))).to.equal(
      'address_denied',
    )
    await server.settles(0)
  })

  it('cuts tunnels and connections whose address a newer guard refuses', async () => {
    await using server = await Loopback.start()
    let verdict: AddressVerdict = 'named'
    const made = makeDialer({ judge: () => verdict })
    await made.dialer.connect({ host: 'a.test', port: server.port }, never)
    await take(made, server.port)
    await server.settles(2)
    made.dialer.judgeAgain()
    await server.settles(2)
    verdict = 'refused'
    made.dialer.judgeAgain()
    await server.settles(0)
  })

  it('says which step failed', async () => {
    const gone = await Loopback.start()
    const { port } = gone
    await gone[Symbol.asyncDispose]()
    const unknown = makeDialer({ answers: () => Promise.reject(new Error('at 10.0.0.53')) })
    expect(await codeOf(unknown.dialer.connect({ host: 'a.test', port }, never))).to.equal(
      'resolve_failed',
    )
    const refused = await refusalOf(makeDialer().dialer.connect({ host: 'a.test', port }, never))
    expect(refused.refusal.reason).to.contain('ECONNREFUSED')
    await using server = await Loopback.start()
    const unproved = makeDialer({
      connectTls: () => Promise.reject(Object.assign(new Error('10.0.0.1'), { code: 'ERR_X' })),
    })
    const error = await refusalOf(
      unproved.dialer.open({ host: 'a.test', port: server.port }, h1, never),
    )
    expect([error.refusal.code, error.refusal.reason.includes('ERR_X')]).to.deep.equal([
      'tls_failed',
      true,
    ])
    await server.settles(0)
  })
})

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
