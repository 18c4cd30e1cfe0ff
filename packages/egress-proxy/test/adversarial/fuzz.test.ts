import { expect } from 'chai'
import { canonicalTarget } from '../../dist/names/canonical-target.js'
import { dial } from '../support/client.ts'
import { good, Proxied, settle } from '../support/proxied.ts'

/** xorshift32: the same bytes in every run. */
function chance(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const socks = (name: string): Buffer =>
  Buffer.concat([
    Buffer.from([5, 1, 0, 5, 1, 0, 3, name.length]),
    Buffer.from(name),
    Buffer.from([0, 80]),
    Buffer.from('GET /a HTTP/1.1\r\nHost: api.good.test\r\n\r\n'),
  ])

const seeds: readonly Buffer[] = [
  Buffer.from(`GET http://${good}/a?b=c HTTP/1.1\r\nHost: ${good}\r\nX: y\r\n\r\n`),
  Buffer.from(
    `POST http://${good}/a HTTP/1.1\r\nHost: ${good}\r\nContent-Length: 3\r\n\r\nabcGET http://${good}/a HTTP/1.1\r\nHost: ${good}\r\n\r\n`,
  ),
  Buffer.from(
    `POST http://${good}/a HTTP/1.1\r\nHost: ${good}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
  ),
  Buffer.from(
    `CONNECT ${good}:80 HTTP/1.1\r\nHost: ${good}:80\r\n\r\nGET /a HTTP/1.1\r\nHost: ${good}\r\n\r\n`,
  ),
  Buffer.from(
    `GET http://evil.test/a HTTP/1.1\r\nHost: evil.test\r\n\r\nGET http://${good}/a HTTP/1.1\r\nHost: ${good}\r\n\r\n`,
  ),
  Buffer.from(
    `GET http://${good}/a HTTP/1.1\r\nHost: ${good}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x82\0\0\0\0hi`,
    'latin1',
  ),
  socks(good),
  socks('evil.test'),
  Buffer.concat([
    Buffer.from(`CONNECT ${good}:443 HTTP/1.1\r\nHost: ${good}:443\r\n\r\n`),
    Buffer.from([0x16, 3, 1, 0, 40, 1, 0, 0, 36, 3, 3]),
    Buffer.alloc(60, 7),
  ]),
]

const spices = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  ':',
  ',',
  '/',
  '..',
  '%2e',
  '@',
  '#',
  '?',
  'evil.test',
  'Host: evil.test\r\n',
  'Content-Length: 1\r\n',
  'Transfer-Encoding: chunked\r\n',
  'http://evil.test/',
  '0\r\n\r\n',
  '\xff',
  '\x16\x03\x01',
  '\x05\x01\x00',
  'CONNECT ',
]

function mutate(next: (below: number) => number): Buffer {
  let bytes: Buffer = Buffer.from(seeds[next(seeds.length)] ?? Buffer.alloc(0))
  for (let change = next(4); change > 0; change -= 1) {
    const at = next(bytes.length + 1)
    const kind = next(5)
    if (kind === 0 && bytes.length > 0) bytes[at % bytes.length] = next(256)
    else if (kind === 1)
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + next(8))])
    else if (kind === 2) {
      const spice = Buffer.from(spices[next(spices.length)] ?? '', 'latin1')
      bytes = Buffer.concat([bytes.subarray(0, at), spice, bytes.subarray(at)])
    } else if (kind === 3) bytes = Buffer.concat([bytes, bytes.subarray(at)])
    else bytes = bytes.subarray(0, at)
  }
  return bytes
}

describe('whatever comes to the proxy door', () => {
  it('throws nothing, lets nothing through that is not allowed, and ends', async function () {
    this.timeout(30_000)
    const thrown: unknown[] = []
    const onThrown = (error: unknown): void => void thrown.push(error)
    const before = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', onThrown)
    process.on('unhandledRejection', onThrown)
    try {
      await using world = await Proxied.open({
        network: {
          allow: [
            {
              host: good,
              protocol: 'http-plain',
              paths: ['/a'],
              methods: ['GET', 'POST'],
              websocket: true,
            },
            { host: good, paths: ['/a'] },
          ],
          budgets: { requestsPerSecond: 100_000 },
        },
        limits: { headersMs: 20, greetingMs: 20, clientHelloMs: 20, idleMs: 40, tlsMs: 40 },
      })
      const door = await world.ownDoor()
      const next = chance(20_261)
      const one = async (): Promise<void> => {
        const socket = await dial(door)
        const bytes = mutate(next)
        const cut = next(bytes.length + 1)
        socket.resume()
        socket.write(bytes.subarray(0, cut))
        await new Promise((resolve) => setImmediate(resolve))
        if (!socket.destroyed) socket.write(bytes.subarray(cut))
        if (next(2) === 0) socket.end()
        await new Promise<void>((resolve) => {
          if (socket.destroyed || socket.readableEnded) resolve()
          socket.once('end', resolve)
          socket.once('close', resolve)
        })
        socket.destroy()
      }
      for (let round = 0; round < 40; round += 1) await Promise.all(Array.from({ length: 25 }, one))
      await settle(() => world.proxy.usage().openConnections === 0)
      expect(thrown).to.deep.equal([])
      expect(world.origin.seen).to.deep.equal([])
      expect(world.plain.seen.length).to.be.greaterThan(50)
      for (const { url, method, headers } of world.plain.seen) {
        const read = canonicalTarget(url, { strict: true })
        expect('path' in read && read.path, url).to.equal('/a')
        expect(method).to.be.oneOf(['GET', 'POST'])
        expect(headers.host).to.equal(good)
      }
      const wrong = world.decisions.filter(
        ({ verdict, host }) => verdict === 'allow' && host !== good,
      )
      expect(wrong).to.deep.equal([])
      expect(world.proxy.usage().openConnections).to.equal(0)
    } finally {
      process.removeListener('uncaughtException', onThrown)
      process.removeListener('unhandledRejection', onThrown)
      for (const listener of before) process.on('uncaughtException', listener)
    }
  })
})
