import { expect } from 'chai'
import { parseHosts } from '../../dist/dial/hosts.js'
import type { AddressVerdict } from '../../dist/dial/vet.js'
import { codeOf, eventually, Loopback, makeDialer, never, refusalOf, h1, take } from './fixture.ts'

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
