import { expect } from 'chai'
import { connectTo, credentials, dial, line, Line, socksTo } from '../support/client.ts'
import { good, Proxied, refusalIn, settle, statusOf } from '../support/proxied.ts'
import { askHttp2, sessionOver } from '../support/ways.ts'

describe('closing the proxy', () => {
  it('in the middle of everything leaves nothing open', async () => {
    // The runner sets its own timer once the test has begun to wait.
    await new Promise((resolve) => setImmediate(resolve))
    const before = process.getActiveResourcesInfo().toSorted()
    {
      await using world = await Proxied.open({
        network: {
          allow: [
            good,
            { host: good, protocol: 'tcp', ports: [80] },
            { host: 'slow.good.test', protocol: 'tcp', ports: [81] },
          ],
          ask: [{ host: 'ask.good.test', protocol: 'tcp', ports: [80] }],
        },
        answer: () => undefined,
        onAsk: () => new Promise(() => undefined),
        lookup: () => new Promise(() => undefined),
      })
      const lines: Line[] = []
      const keep = (one: Line): Line => {
        lines.push(one)
        return one
      }
      keep(await line(world.door))
      keep(await line(world.door)).send('GET ')
      keep(await world.intercepted()).send(`GET / HTTP/1.1\r\nHost: ${good}\r\n\r\n`)
      keep(await world.intercepted()).send(`GET / HTTP/1.1\r\nHo`)
      const session = sessionOver(await world.interceptedSocket(good, ['h2']), good)
      const pending = askHttp2(session, { method: 'GET', path: '/' })
      keep(new Line((await connectTo(world.door, `${good}:443`)).socket)).send('\x16\x03')
      keep(new Line((await socksTo(world.door, good, 80)).socket)).send(
        'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
      )
      for (const at of ['slow.good.test:81', 'ask.good.test:80']) {
        const talk = keep(new Line(await dial(world.door)))
        talk.send(`CONNECT ${at} HTTP/1.1\r\nHost: ${at}\r\n${credentials(world.door)}\r\n`)
      }
      keep(await line(world.door)).send(Buffer.from([5, 1]))
      await settle(() => world.arrived === 3 && world.lookups.length === 1)
      await world.proxy.close()
      await Promise.all(lines.map((one) => one.over()))
      session.destroy()
      await pending
      await settle(() => world.origin.sockets.size + world.plain.sockets.size === 0)
      expect(world.origin.sockets.size + world.plain.sockets.size).to.equal(0)
      expect(world.proxy.usage().openConnections).to.equal(0)
      for (const one of lines) one.destroy()
      expect(await world.proxy.ended).to.have.property('reason', 'closed')
    }
    await settle(() => process.getActiveResourcesInfo().length <= before.length)
    expect(process.getActiveResourcesInfo().toSorted()).to.deep.equal(before)
  })

  it('is done once, and nothing begins afterwards', async () => {
    await using world = await Proxied.open()
    await Promise.all([world.proxy.close(), world.proxy.close()])
    await world.proxy.close()
    for (const act of [() => world.proxy.listen(), () => world.proxy.update({})]) {
      const failed = await act().then(
        () => null,
        (error: { code?: string }) => error,
      )
      expect(failed?.code).to.equal('SANDBOX_ENDED')
    }
    const refused = await dial(world.door).then(
      () => false,
      () => true,
    )
    expect(refused).to.equal(true)
  })
})

describe('two proxies in one process', () => {
  it('mix nothing: policies, authorities, connections, names, budgets, tokens', async () => {
    await using one = await Proxied.open({
      network: { allow: [good], budgets: { bytesTotal: 2000 } },
    })
    await using two = await Proxied.open({ network: { deny: [good], allow: ['*.wild.test'] } })
    const asked = `GET / HTTP/1.1\r\nHost: ${good}\r\n\r\n`
    for (let round = 0; round < 5; round += 1) {
      const talk = await one.intercepted()
      expect(statusOf(await talk.send(asked).answer())).to.equal(200)
      talk.destroy()
      const { status, text, socket } = await connectTo(two.door, `${good}:443`)
      expect([status, refusalIn(text)]).to.deep.equal([403, 'denied_by_rule'])
      socket.destroy()
    }
    expect(one.proxy.certificate).to.not.equal(two.proxy.certificate)
    expect(one.proxy.id).to.not.equal(two.proxy.id)
    expect(one.listener.token).to.not.equal(two.listener.token)
    expect(one.decisions.every(({ verdict }) => verdict === 'allow')).to.equal(true)
    expect(two.decisions.every(({ verdict }) => verdict === 'deny')).to.equal(true)
    expect(two.reached).to.equal(0)
    expect(two.proxy.usage()).to.include({ bytesOut: 0, bytesIn: 0, allowed: 0, denied: 5 })
    expect(one.decisions.map(({ sequence }) => sequence)).to.deep.equal(
      one.decisions.map((_one, at) => at + 1),
    )
    await one.proxy.close()
    // The other lives on.
    const { status, socket } = await connectTo(two.door, 'a.wild.test:443')
    expect(status).to.equal(200)
    socket.destroy()
  })
})
