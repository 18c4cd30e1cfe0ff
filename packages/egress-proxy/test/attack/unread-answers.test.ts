import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'
import { expect } from 'chai'
import { frontFor } from '../http1/conversation.ts'
import { Proxied, settle } from '../support/proxied.ts'

const get = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'

/** A question for an address, as it goes over TCP (RFC 1035, 4). */
function question(name: string): Buffer {
  const labels = name.split('.').map((label) => [label.length, ...Buffer.from(label)])
  const message = Buffer.from([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels.flat(), 0, 0, 1, 0, 1])
  return Buffer.concat([Buffer.from([0, message.length]), message])
}

/** A resolver's door over TCP, and a client of it. */
async function askResolver(world: Proxied): Promise<{ client: Socket; close: () => void }> {
  const server = createServer({ allowHalfOpen: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const door = { kind: 'resolver', protocol: 'tcp', address: '127.0.0.1', port } as const
  await world.proxy.listen({ handle: server, door })
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  client.on('error', () => undefined)
  return { client, close: () => client.destroy() }
}

describe('a client that asks and does not read', () => {
  it('is asked to read before its next request is taken', async () => {
    let taken = 0
    const { client } = frontFor((exchange) => {
      taken += 1
      const body = Buffer.alloc(32_768)
      exchange.respond(
        { status: 200, headers: [] },
        {
          length: body.length,
          start: (sink) => {
            sink.data(body)
            sink.end([])
          },
          pause: () => undefined,
          resume: () => undefined,
          cancel: () => undefined,
        },
      )
    })
    client.write(get.repeat(100))
    for (let turn = 0; turn < 2_000; turn += 1) await new Promise((done) => setImmediate(done))
    expect(taken).to.be.lessThan(5)
    // Who reads gets all of them.
    client.resume()
    await settle(() => taken === 100)
    expect(taken).to.equal(100)
    client.destroy()
  })

  it('is let go by the resolver once it asks too much, whatever it has not said yet', async () => {
    await using world = await Proxied.open({ limits: { questionsPerSecond: 5 } })
    const { client, close } = await askResolver(world)
    client.pause()
    client.write(Buffer.concat(Array.from({ length: 5_000 }, () => question('evil.test'))))
    await settle(() => world.proxy.usage().denied >= 5)
    await settle(() => world.proxy.usage().openConnections === 0)
    expect(world.proxy.usage().openConnections).to.equal(0)
    close()
  })
})
