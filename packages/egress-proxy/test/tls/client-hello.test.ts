import { expect } from 'chai'
import * as fc from 'fast-check'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { ClientHelloParser } from '../../dist/tls/client-hello.js'
import type { ClientHello } from '../../dist/tls/client-hello-message.js'
import {
  extension,
  hello,
  helloBody,
  message,
  records,
  serverName,
  uint16,
  vector16,
  vector8,
} from './client-hello-sample.ts'

const limit = 16_384

function parse(bytes: Buffer, most = limit): ReturnType<ClientHelloParser['push']> {
  return new ClientHelloParser(most).push(bytes)
}

function parseInPieces(bytes: Buffer, size: number): ReturnType<ClientHelloParser['push']> {
  const parser = new ClientHelloParser(limit)
  let result: ReturnType<ClientHelloParser['push']> = 'more'
  for (let at = 0; at < bytes.length && result === 'more'; at += size) {
    result = parser.push(bytes.subarray(at, at + size))
  }
  return result
}

const alpn = extension(16, vector16(Buffer.from('\x02h2\x08http/1.1')))
const versions = extension(43, vector8(Buffer.from('03040303', 'hex')))
const full = hello(serverName('API.good.test'), alpn, versions, extension(0x0a0a, Buffer.alloc(0)))
const fullMeaning: ClientHello = {
  sni: 'API.good.test',
  alpn: ['h2', 'http/1.1'],
  versions: [0x0304, 0x0303],
  hasEch: false,
  hasEarlyData: false,
}

describe('ClientHelloParser', () => {
  it('reads name, protocols and versions', () => {
    expect(parse(full)).to.deep.equal(fullMeaning)
  })

  it('reads a hello without extensions', () => {
    const nothing = { sni: null, alpn: [], versions: [0x0303], hasEch: false, hasEarlyData: false }
    expect(parse(records(message(helloBody(null))))).to.deep.equal(nothing)
    expect(parse(hello())).to.deep.equal(nothing)
  })

  for (const kind of [0xfe0d, 0xfe08, 0xffce, 0xfd00]) {
    it(`tells that the name may be hidden by extension ${kind.toString(16)}`, () => {
      expect(parse(hello(extension(kind, Buffer.alloc(10))))).to.include({ hasEch: true })
    })
  }

  it('tells that early data was asked for', () => {
    expect(parse(hello(extension(42, Buffer.alloc(0))))).to.include({ hasEarlyData: true })
  })

  it('keeps a NUL and 8-bit bytes of a name as they are', () => {
    expect(parse(hello(serverName('evil.test\0.good.test')))).to.include({
      sni: 'evil.test\0.good.test',
    })
    expect(parse(hello(serverName('\xe9.test')))).to.include({ sni: '\xe9.test' })
  })

  it('gives the same result wherever the bytes are cut into chunks', () => {
    for (let size = 1; size <= full.length; size += 1) {
      expect(parseInPieces(full, size), `${size}`).to.deep.equal(fullMeaning)
    }
  })

  it('gives the same result however the message is cut into records', () => {
    const body = message(helloBody([serverName('API.good.test'), alpn, versions]))
    for (let most = 1; most <= body.length; most += 1) {
      expect(parse(records(body, most)), `${most}`).to.deep.equal(fullMeaning)
    }
  })

  it('waits for more at every cut before the end', () => {
    for (let length = 0; length < full.length; length += 1) {
      expect(parse(full.subarray(0, length))).to.equal('more')
    }
  })

  it('looks at nothing behind the message', () => {
    const parser = new ClientHelloParser(limit)
    expect(parser.push(Buffer.concat([full, Buffer.from('GET / HTTP/1.1')]))).to.deep.equal(
      fullMeaning,
    )
    expect(parser.push(Buffer.from('anything'))).to.deep.equal(fullMeaning)
  })

  const name = Buffer.from('\x00\x00\x09good.test', 'latin1')
  const faults: [why: string, bytes: Buffer][] = [
    ['plain HTTP', Buffer.from('GET / HTTP/1.1\r\n')],
    ['SSH', Buffer.from('SSH-2.0-x\r\n')],
    ['SSL 2', Buffer.from('802e0103010015', 'hex')],
    ['a record of another kind', Buffer.from('1703030001', 'hex')],
    ['a record of another major version', Buffer.from('1602', 'hex')],
    ['an empty record', Buffer.from('1603010000', 'hex')],
    ['a record beyond 16384 bytes', Buffer.from('1603014001', 'hex')],
    ['another message', records(Buffer.from([2, 0, 0, 1, 0]))],
    ['an empty message', records(Buffer.from([1, 0, 0, 0]))],
    ['a message beyond the limit', records(Buffer.from([1, 0, 0x40, 1]))],
    ['a message of 16 MiB', records(Buffer.from([1, 255, 255, 255]))],
    [
      'bytes behind the message in its record',
      records(Buffer.concat([message(helloBody([])), name])),
    ],
    [
      'a record of another kind amid the message',
      Buffer.concat([
        records(message(helloBody([])).subarray(0, 9)),
        Buffer.from([20, 3, 3, 0, 1, 1]),
      ]),
    ],
    ['a body that is too short', records(message(Buffer.alloc(34, 3)))],
    ['a version of SSL 2', records(message(Buffer.concat([uint16(2), helloBody([]).subarray(2)])))],
    ['bytes behind the extensions', records(message(Buffer.concat([helloBody([]), name])))],
    ['a cut extension', hello(uint16(0), uint16(9))],
    ['half an extension header', hello(Buffer.from([0, 0, 0]))],
    ['an extension twice', hello(serverName('a.test'), serverName('b.test'))],
    ['an unknown extension twice', hello(extension(99, name), extension(99, name))],
    ['an empty server name extension', hello(extension(0, Buffer.alloc(0)))],
    ['an empty list of names', hello(extension(0, vector16(Buffer.alloc(0))))],
    ['an empty name', hello(serverName(''))],
    ['two names', hello(extension(0, vector16(Buffer.concat([name, name]))))],
    ['a name of another type', hello(extension(0, vector16(Buffer.from('\x01\x00\x01a'))))],
    [
      'a byte behind the list of names',
      hello(extension(0, Buffer.concat([vector16(name), uint16(0)]))),
    ],
    ['a list of names that is too long', hello(extension(0, Buffer.concat([uint16(99), name])))],
    ['an empty list of protocols', hello(extension(16, vector16(Buffer.alloc(0))))],
    ['an empty protocol', hello(extension(16, vector16(Buffer.from([0]))))],
    ['a cut protocol', hello(extension(16, vector16(Buffer.from('\x09h2'))))],
    [
      'bytes behind the protocols',
      hello(extension(16, Buffer.concat([vector16(Buffer.from('\x02h2')), name]))),
    ],
    ['no versions', hello(extension(43, Buffer.from([0])))],
    ['half a version', hello(extension(43, Buffer.from([3, 3, 4, 3])))],
    ['bytes behind the versions', hello(extension(43, Buffer.from([2, 3, 4, 3])))],
  ]
  for (const [why, bytes] of faults) {
    it(`refuses: ${why}`, () => {
      expect(parse(bytes)).to.have.all.keys('fault')
      expect(parseInPieces(bytes, 1)).to.have.all.keys('fault')
    })
  }

  it('refuses what is not over within the limit, records included', () => {
    expect(parse(full, full.length)).to.deep.equal(fullMeaning)
    expect(parse(full, full.length - 1)).to.have.all.keys('fault')
    const long = records(message(helloBody([extension(21, Buffer.alloc(4000))])), 1)
    expect(long.length).to.be.greaterThan(limit)
    expect(parse(long)).to.have.all.keys('fault')
    expect(parseInPieces(long, 7)).to.have.all.keys('fault')
  })

  it('neither throws nor depends on cuts, whatever was changed', () => {
    const change = fc.record({
      at: fc.nat(full.length - 1),
      byte: fc.integer({ min: 0, max: 255 }),
    })
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 4 }),
        fc.integer({ min: 1, max: 40 }),
        (changes, size) => {
          const bytes = Buffer.from(full)
          for (const { at, byte } of changes) bytes[at] = byte
          expect(parseInPieces(bytes, size)).to.deep.equal(parse(bytes))
        },
      ),
      { seed: 21, numRuns: 5_000 },
    )
  })

  it('neither throws nor depends on cuts for random bytes in a record', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 1, max: 20 }),
        (body, size) => {
          const bytes = records(message(Buffer.from(body)))
          expect(parseInPieces(bytes, size)).to.deep.equal(parse(bytes))
        },
      ),
      { seed: 22, numRuns: 3_000 },
    )
  })

  describe('reads what real clients send', () => {
    it('node:tls', async () => {
      const found = await captured((port) => {
        connectTls({
          port,
          host: '127.0.0.1',
          servername: 'api.good.test',
          ALPNProtocols: ['h2', 'http/1.1'],
        }).on('error', ignored)
      })
      expect(found).to.deep.include({
        sni: 'api.good.test',
        alpn: ['h2', 'http/1.1'],
        hasEch: false,
      })
      expect(found.versions).to.include(0x0304)
    })

    const clients: [name: string, argv: (port: number) => string[], alpn: string[]][] = [
      [
        'openssl',
        (port) => [
          'openssl',
          's_client',
          '-connect',
          `127.0.0.1:${port}`,
          '-servername',
          'api.good.test',
          '-alpn',
          'http/1.1',
        ],
        ['http/1.1'],
      ],
      [
        'curl',
        (port) => [
          'curl',
          '-sk',
          '--http1.1',
          '--noproxy',
          '*',
          '--connect-to',
          `::127.0.0.1:${port}`,
          'https://api.good.test/',
        ],
        ['http/1.1'],
      ],
      ['python', (port) => ['python3', '-c', pythonClient, String(port)], []],
    ]
    for (const [name, argv, protocols] of clients) {
      it(name, async () => {
        const ended: Promise<unknown>[] = []
        const found = await captured((port) => {
          const [command = '', ...rest] = argv(port)
          ended.push(once(spawn(command, rest, { stdio: 'ignore' }), 'exit'))
        })
        await Promise.all(ended)
        expect(found).to.deep.include({
          sni: 'api.good.test',
          alpn: protocols,
          hasEarlyData: false,
        })
        expect(found.versions).to.include(0x0304)
      })
    }
  })
})

const pythonClient = `
import socket, ssl, sys
context = ssl._create_unverified_context()
with socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as plain:
    context.wrap_socket(plain, server_hostname='api.good.test')
`

/** The client is cut off behind its hello, which is no fault of the test. */
function ignored(): void {
  return undefined
}

/** What a client that is told a loopback port says first. */
async function captured(start: (port: number) => void): Promise<ClientHello> {
  const server = createServer()
  const found = new Promise<ClientHello>((resolve, reject) => {
    server.on('connection', (socket) => {
      const parser = new ClientHelloParser(limit)
      socket.on('error', ignored)
      socket.on('data', (chunk) => {
        const result = parser.push(chunk)
        if (result === 'more') return
        socket.destroy()
        if ('fault' in result) reject(new Error(result.fault))
        else resolve(result)
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    start((server.address() as AddressInfo).port)
    return await found
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}
