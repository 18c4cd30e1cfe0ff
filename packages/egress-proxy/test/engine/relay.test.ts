import { expect } from 'chai'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { relay, type RelayEnd, type RelayMeter } from '../../dist/engine/relay.js'
import { Line } from '../support/client.ts'
import { settle } from '../support/proxied.ts'

const all: RelayMeter = { out: () => true, in: () => true }

function broken(): never {
  throw new Error('a mistake')
}

interface Ends extends AsyncDisposable {
  readonly client: Line
  readonly upstream: Line
  readonly end: Promise<RelayEnd>
}

/** Two pairs of sockets with a relay between them. */
async function joined(meter: RelayMeter = all): Promise<Ends> {
  const servers: Server[] = []
  const pair = async (): Promise<[outer: Socket, inner: Socket]> => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const inner = new Promise<Socket>((resolve) => server.once('connection', resolve))
    const outer = connect({
      port: (server.address() as AddressInfo).port,
      host: '127.0.0.1',
      allowHalfOpen: true,
    })
    return [outer, await inner]
  }
  const [client, fromClient] = await pair()
  const [upstream, toUpstream] = await pair()
  fromClient.on('error', () => undefined)
  toUpstream.on('error', () => undefined)
  const end = relay(fromClient, toUpstream, meter)
  return {
    client: new Line(client),
    upstream: new Line(upstream),
    end,
    [Symbol.asyncDispose]: async () => {
      for (const socket of [client, upstream, fromClient, toUpstream]) socket.destroy()
      for (const server of servers) await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('relay', () => {
  it('carries bytes both ways, in order', async () => {
    await using ends = await joined()
    ends.client.send('ping')
    expect(await ends.upstream.until((text) => text.length === 4)).to.equal('ping')
    ends.upstream.send('pong')
    expect(await ends.client.until((text) => text.length === 4)).to.equal('pong')
  })

  it('delivers the reply to a client that ended its side', async () => {
    await using ends = await joined()
    ends.client.send('ask')
    ends.client.stream.end()
    expect(await ends.upstream.over()).to.equal('ask')
    ends.upstream.send('reply')
    ends.upstream.stream.end()
    expect(await ends.client.over()).to.equal('reply')
    expect(await ends.end).to.equal('complete')
  })

  it('delivers what a client still sends to an upstream that ended its side', async () => {
    await using ends = await joined()
    ends.upstream.stream.end()
    expect(await ends.client.over()).to.equal('')
    ends.client.send('more')
    ends.client.stream.end()
    expect(await ends.upstream.over()).to.equal('more')
    expect(await ends.end).to.equal('complete')
  })

  for (const side of ['client', 'upstream'] as const) {
    it(`shows the other side a cut when the ${side} breaks off`, async () => {
      await using ends = await joined()
      const other = ends[side === 'client' ? 'upstream' : 'client']
      ends.client.send('x')
      await ends.upstream.until((text) => text === 'x')
      ;(ends[side].stream as Socket).resetAndDestroy()
      expect(await other.wasCut()).to.equal(true)
      expect(await ends.end).to.equal('cut')
    })
  }

  it('cuts both sides before the bytes that the meter refuses', async () => {
    let passed = 0
    await using ends = await joined({
      out: (chunk) => {
        passed += chunk.length
        return passed <= 4
      },
      in: () => true,
    })
    ends.client.send('ping')
    await ends.upstream.until((text) => text === 'ping')
    ends.client.send('too much')
    expect([await ends.client.wasCut(), await ends.upstream.wasCut()]).to.deep.equal([true, true])
    expect(ends.upstream.text).to.equal('ping')
    expect(await ends.end).to.equal('cut')
  })

  for (const [what, meter] of [
    ['what counts throws', { ...all, in: broken }],
    ['what looks through it throws', { ...all, screen: { push: broken, end: () => [] } }],
    ['what looks through its end throws', { ...all, screen: { push: (c) => [c], end: broken } }],
  ] as const satisfies readonly (readonly [string, RelayMeter])[]) {
    it(`cuts both sides when ${what}, and goes on by itself`, async () => {
      await using ends = await joined(meter)
      ends.upstream.send('pong')
      ends.upstream.stream.end()
      expect(await ends.end).to.equal('cut')
      await ends.client.over()
    })
  }

  it('reads no faster than the other side does', async () => {
    let taken = 0
    await using ends = await joined({
      out: (chunk) => {
        taken += chunk.length
        return true
      },
      in: () => true,
    })
    ends.upstream.stream.pause()
    const chunk = Buffer.alloc(1 << 20)
    for (let sent = 0; sent < 64; sent += 1) ends.client.stream.write(chunk)
    let before = -1
    while (taken !== before) {
      before = taken
      for (let turn = 0; turn < 200; turn += 1)
        await new Promise((resolve) => setImmediate(resolve))
    }
    expect(taken).to.be.below(32 << 20)
    ends.upstream.stream.resume()
    await settle(() => taken === 64 << 20)
    expect(taken).to.be.greaterThan(before)
  })

  it('waits for no peer when it is cut: what was not sent is not sent', async () => {
    await using ends = await joined({ out: () => true, in: () => false })
    ends.upstream.stream.pause()
    for (let sent = 0; sent < 32; sent += 1) ends.client.stream.write(Buffer.alloc(1 << 20))
    for (let turn = 0; turn < 500; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    ends.upstream.send('x')
    expect(await ends.end).to.equal('cut')
    ends.upstream.stream.resume()
    await ends.upstream.over()
    expect(ends.upstream.text.length).to.be.below(32 << 20)
  })

  it('is cut at once when a side is gone before it begins', async () => {
    await using ends = await joined()
    const [one, two] = [ends.client.stream, ends.upstream.stream]
    one.destroy()
    expect(await relay(one, two, all)).to.equal('cut')
    expect(two.destroyed).to.equal(true)
  })
})
