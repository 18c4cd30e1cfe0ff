import { expect } from 'chai'
import { createSocket } from 'node:dgram'
import { createServer, type AddressInfo } from 'node:net'
import { connectTo, dial, Line, secure } from '../support/client.ts'
import { clientHello } from '../support/hello.ts'
import { good, Proxied, settle, statusOf } from '../support/proxied.ts'

/** A question for the IPv4 address of a name (RFC 1035, 4). */
function question(name: string, type = 1): Buffer {
  const labels = name
    .split('.')
    .flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, 'latin1')])
  return Buffer.concat([
    Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    ...labels,
    Buffer.from([0, 0, type, 0, 1]),
  ])
}

const resolver = { kind: 'resolver', address: '127.0.0.1', port: 53 } as const

describe('the resolver inside', () => {
  it('gives names of the policy an address inside, says that others are not there, and asks nobody', async () => {
    await using world = await Proxied.open({ network: { allow: [good, '*.wild.test'] } })
    const handle = createSocket('udp4')
    await new Promise<void>((resolve) => handle.bind(0, '127.0.0.1', resolve))
    const { port } = handle.address()
    await world.proxy.listen({ handle, door: { ...resolver, protocol: 'udp' } })
    const client = createSocket('udp4')
    const ask = (bytes: Buffer): Promise<Buffer> =>
      new Promise((resolve) => {
        client.once('message', resolve)
        client.send(bytes, port, '127.0.0.1')
      })
    const known = await ask(question(good))
    expect(known.readUInt16BE(0)).to.equal(0x1234)
    expect([(known[3] ?? 0) & 15, known.readUInt16BE(6)]).to.deep.equal([0, 1])
    expect([...known.subarray(-4, -2)]).to.deep.equal([127, 64])
    expect(((await ask(question('a.wild.test')))[3] ?? 0) & 15).to.equal(0)
    for (const name of ['evil.test', 'AKIAIOSFODNN7.leak.test', 'wild.test', `x.${good}`]) {
      const answer = await ask(question(name))
      expect([(answer[3] ?? 0) & 15, answer.readUInt16BE(6)], name).to.deep.equal([3, 0])
    }
    for (const type of [15, 16, 28, 33, 65, 255]) {
      expect((await ask(question(good, type))).readUInt16BE(6), String(type)).to.be.oneOf([0, 1])
    }
    expect(world.lookups).to.deep.equal([])
    expect(world.reached).to.equal(0)
    expect(world.refused).to.include({ door: 'resolver', code: 'host_not_allowed', port: null })
    // What is no question gets no answer, and does no harm.
    for (const junk of [
      Buffer.alloc(0),
      Buffer.alloc(11),
      Buffer.alloc(600, 0xff),
      question(good).subarray(0, 20),
    ])
      client.send(junk, port, '127.0.0.1')
    expect(((await ask(question(good)))[3] ?? 0) & 15).to.be.oneOf([0, 1])
    client.close()
  })

  it('does the same over TCP', async () => {
    await using world = await Proxied.open()
    const handle = createServer()
    await new Promise<void>((resolve) => handle.listen(0, '127.0.0.1', resolve))
    const { port } = handle.address() as AddressInfo
    await world.proxy.listen({ handle, door: { ...resolver, protocol: 'tcp' } })
    const talk = new Line(await dial({ host: '127.0.0.1', port }))
    const framed = (name: string): Buffer => {
      const bytes = question(name)
      return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])
    }
    talk.send(Buffer.concat([framed(good), framed('evil.test')]))
    await talk.until((text) => text.length > 2 && (text.charCodeAt(5) & 15) === 0)
    await settle(() => world.refused !== undefined)
    expect(world.refused).to.include({ door: 'resolver', host: 'evil.test' })
    expect(world.lookups).to.deep.equal([])
    talk.destroy()
  })
})

describe('a transparent door', () => {
  it('takes an address for the name that it was given for, and any other for none', async () => {
    const handle = createServer()
    await new Promise<void>((resolve) => handle.listen(0, '0.0.0.0', resolve))
    const { port } = handle.address() as AddressInfo
    await using world = await Proxied.open({ network: { allow: [{ host: good, ports: [port] }] } })
    const door = world.proxy.doors.find((one) => one.port === port)
    expect(door).to.include({ kind: 'transparent', protocol: 'tcp' })
    if (door === undefined) expect.fail('there is no door')
    await world.proxy.listen({ handle, door: { ...door, address: '0.0.0.0' } })
    const right = await dial({ host: door.address, port })
    const wrong = await secure(right, {
      servername: 'evil.test',
      ca: world.proxy.certificate,
    }).then(
      () => null,
      (error: Error) => error,
    )
    expect(wrong?.message).to.match(/unrecognized.name/i)
    const socket = await dial({ host: door.address, port })
    const talk = new Line(await secure(socket, { servername: good, ca: world.proxy.certificate }))
    talk.send(`GET / HTTP/1.1\r\nHost: ${good}:${port}\r\n\r\n`)
    // Nothing listens where the name leads on that port; that it was tried shows that it was allowed.
    expect(statusOf(await talk.answer())).to.equal(502)
    expect(
      world.decisions.some(({ verdict, door: via }) => verdict === 'allow' && via === 'tls'),
    ).to.equal(true)
    talk.destroy()
    for (const address of ['127.0.0.1', '127.64.0.99', '127.63.255.255']) {
      const stranger = new Line(await dial({ host: address, port }))
      expect(await stranger.send('\x16\x03\x01').over()).to.equal('')
      await settle(() => world.refused?.code === 'address_literal')
      expect(world.refused).to.include({ code: 'address_literal', host: '' })
      stranger.destroy()
    }
    expect(world.reached).to.equal(0)
  })
})

describe('a tunnel of TLS', () => {
  const network = { allow: [{ host: good, tunnel: true }] } as const
  const extension = (type: number, body: Buffer): Buffer =>
    Buffer.concat([Buffer.from([type >> 8, type & 255, body.length >> 8, body.length & 255]), body])
  const hiding: readonly [why: string, hello: Buffer][] = [
    ['a hidden name (ECH)', clientHello(good, extension(0xfe0d, Buffer.alloc(40, 1)))],
    ['early data', clientHello(good, extension(42, Buffer.alloc(0)))],
    ['another name', clientHello('evil.test')],
    ['a name in another form', clientHello('127.0.0.1')],
    ['a name with NUL', clientHello(`${good}\0.evil.test`)],
  ]
  for (const [why, hello] of hiding) {
    it(`is refused with ${why}, and nothing is dialled`, async () => {
      await using world = await Proxied.open({ network })
      const { status, socket } = await connectTo(world.door, `${good}:443`)
      expect(status).to.equal(200)
      const talk = new Line(socket)
      await talk.send(hello).over()
      expect(world.reached).to.equal(0)
      expect(world.refused?.code).to.be.oneOf(['sni_mismatch', 'bad_request'])
      talk.destroy()
    })
  }

  it('is dialled with a plain name, in however many pieces it comes', async () => {
    await using world = await Proxied.open({ network })
    const hello = clientHello(good.toUpperCase())
    const { socket } = await connectTo(world.door, `${good}:443`)
    const talk = new Line(socket)
    for (const byte of hello) {
      talk.send(Buffer.from([byte]))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await settle(() => world.origin.connections === 1)
    expect(world.origin.connections).to.equal(1)
    talk.destroy()
  })
})
