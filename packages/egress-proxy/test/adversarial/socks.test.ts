import { expect } from 'chai'
import { SocksClient } from 'socks'
import { line, Line, readBytes, dial, socksTo, secure } from '../support/client.ts'
import { good, Proxied, settle, statusOf } from '../support/proxied.ts'

const name = (host: string, port = 443): Buffer =>
  Buffer.concat([
    Buffer.from([host.length]),
    Buffer.from(host, 'latin1'),
    Buffer.from([port >> 8, port & 255]),
  ])

describe('SOCKS5 at the proxy door', () => {
  it('wants the token where the listener wants one', async () => {
    await using world = await Proxied.open()
    const open = await line(world.door)
    expect(await open.send(Buffer.from([5, 1, 0])).over()).to.equal('\x05\xff')
    expect(world.refused).to.include({ code: 'unauthorized', door: 'socks' })
    const wrong = await socksTo({ ...world.listener, token: 'nonsense' }, good, 443)
    expect(wrong.code).to.equal(null)
    await using other = await Proxied.open()
    const foreign = await socksTo({ ...world.listener, token: other.listener.token }, good, 443)
    expect(foreign.code).to.equal(null)
    const right = await socksTo(world.door, good, 443)
    expect(right.code).to.equal(0)
    for (const { socket } of [wrong, foreign, right]) socket.destroy()
    expect(world.decisions.filter(({ code }) => code === 'unauthorized')).to.have.length(3)
  })

  const requests: readonly [why: string, bytes: Buffer, code: number][] = [
    ['BIND', Buffer.concat([Buffer.from([5, 2, 0, 3]), name(good)]), 7],
    ['UDP ASSOCIATE', Buffer.concat([Buffer.from([5, 3, 0, 3]), name(good)]), 7],
    ['an IPv4 address', Buffer.from([5, 1, 0, 1, 127, 0, 0, 1, 1, 187]), 2],
    ['a metadata address', Buffer.from([5, 1, 0, 1, 169, 254, 169, 254, 0, 80]), 2],
    [
      'an IPv6 address',
      Buffer.concat([Buffer.from([5, 1, 0, 4]), Buffer.alloc(15), Buffer.from([1, 1, 187])]),
      2,
    ],
    ['an unknown kind of address', Buffer.from([5, 1, 0, 9, 1, 2, 3, 4, 1, 187]), 8],
    ['a reserved byte', Buffer.concat([Buffer.from([5, 1, 1, 3]), name(good)]), 1],
    ['another name', Buffer.concat([Buffer.from([5, 1, 0, 3]), name('evil.test')]), 2],
    ['NUL in a name', Buffer.concat([Buffer.from([5, 1, 0, 3]), name(`evil.test\0.${good}`)]), 2],
    [
      'a line end in a name',
      Buffer.concat([Buffer.from([5, 1, 0, 3]), name(`${good}\r\nX: y`)]),
      2,
    ],
    ['an empty name', Buffer.concat([Buffer.from([5, 1, 0, 3]), name('')]), 2],
    ['a name and port in one', Buffer.concat([Buffer.from([5, 1, 0, 3]), name(`${good}:443`)]), 2],
    ['8-bit bytes in a name', Buffer.concat([Buffer.from([5, 1, 0, 3]), name(`\xe4.${good}`)]), 2],
    ['an address as a name', Buffer.concat([Buffer.from([5, 1, 0, 3]), name('127.0.0.1')]), 2],
    ['a number as a name', Buffer.concat([Buffer.from([5, 1, 0, 3]), name('2130706433')]), 2],
    ['another port', Buffer.concat([Buffer.from([5, 1, 0, 3]), name(good, 22)]), 2],
    ['port 0', Buffer.concat([Buffer.from([5, 1, 0, 3]), name(good, 0)]), 2],
    [
      'a name that ends in two dots',
      Buffer.concat([Buffer.from([5, 1, 0, 3]), name(`${good}..`)]),
      2,
    ],
  ]
  for (const [why, bytes, code] of requests) {
    it(`answers ${code} to ${why}, looks nothing up and dials nothing`, async () => {
      await using world = await Proxied.open()
      const socket = await dial(await world.ownDoor())
      socket.write(Buffer.from([5, 1, 0]))
      expect(await readBytes(socket, 2)).to.deep.equal(Buffer.from([5, 0]))
      socket.write(bytes)
      expect((await readBytes(socket, 10))?.[1]).to.equal(code)
      await new Line(socket).over()
      expect(world.lookups).to.deep.equal([])
      expect(world.reached).to.equal(0)
      await settle(() => world.refused !== undefined)
      expect(world.refused).to.include({ verdict: 'deny', door: 'socks' })
      socket.destroy()
    })
  }

  it('serves a client of somebody else’s making', async () => {
    await using world = await Proxied.open()
    const { host, port, token } = world.listener
    const { socket } = await SocksClient.createConnection({
      proxy: { host, port, type: 5, userId: 'caisson', password: token },
      command: 'connect',
      destination: { host: good, port: 443 },
    })
    const talk = new Line(await secure(socket, { servername: good, ca: world.proxy.certificate }))
    const answer = await talk.send(`GET /s HTTP/1.1\r\nHost: ${good}\r\n\r\n`).answer()
    expect(statusOf(answer)).to.equal(200)
    expect(world.decisions.at(-1)).to.include({ door: 'socks', verdict: 'allow', path: '/s' })
    talk.destroy()
  })

  it('tells a client that its upstream cannot be reached from one that is refused', async () => {
    await using world = await Proxied.open({
      network: { allow: [{ host: good, protocol: 'tcp', ports: [81, 82] }] },
      hosts: { [`${good}:81`]: '127.0.0.1:1' },
      lookup: () => Promise.reject(new Error('no such name')),
    })
    const refused = await socksTo(world.door, good, 81)
    const unknown = await socksTo(world.door, good, 82)
    expect([refused.code, unknown.code]).to.deep.equal([5, 4])
    refused.socket.destroy()
    unknown.socket.destroy()
  })
})
