import { expect } from 'chai'
import * as fc from 'fast-check'
import { createServer, type AddressInfo } from 'node:net'
import { SocksClient } from 'socks'
import { canonicalHost } from '../../dist/names/canonical-host.js'
import { socksCodeOf, socksCodes, socksReply } from '../../dist/socks/socks-reply.js'
import { SocksSession } from '../../dist/socks/socks-session.js'

const token = 'b'.repeat(43)
const greeting = Buffer.from([5, 2, 0, 2])

function password(text: string, name = 'anybody'): Buffer {
  return Buffer.concat([
    Buffer.from([1, name.length]),
    Buffer.from(name),
    Buffer.from([text.length]),
    Buffer.from(text),
  ])
}

function request(kind: number, address: Buffer | string, { port = 443, command = 1 } = {}): Buffer {
  const bytes = Buffer.from([5, command, 0, kind, 0, 0])
  bytes.writeUInt16BE(port, 4)
  const body = typeof address === 'string' ? Buffer.from(address, 'latin1') : address
  const length = kind === 3 ? [body.length] : []
  return Buffer.concat([bytes.subarray(0, 4), Buffer.from(length), body, bytes.subarray(4)])
}

/** What happens, in words: replies in hexadecimal. */
function told(session: SocksSession, chunks: readonly Buffer[]): string[] {
  const lines: string[] = []
  for (const chunk of chunks) {
    for (const event of session.push(chunk)) {
      if (event.kind === 'reply') lines.push(event.bytes.toString('hex'))
      if (event.kind === 'close') lines.push('close')
      if (event.kind === 'request') {
        lines.push(
          `${event.destination.host} ${event.destination.port} ${event.rest.toString('hex')}`,
        )
      }
    }
    if (lines.at(-1) === 'close') break
  }
  return lines
}

function refusal(code: number): string[] {
  return [`050${code}0001000000000000`, 'close']
}

describe('SocksSession', () => {
  const open: [why: string, bytes: Buffer, lines: string[]][] = [
    ['a name', request(3, 'api.good.test'), ['api.good.test 443 ']],
    ['a name as it was sent', request(3, 'API.Good.test.'), ['API.Good.test. 443 ']],
    ['a name with a NUL', request(3, 'evil.test\0.wild.test'), ['evil.test\0.wild.test 443 ']],
    ['a name of 8-bit bytes', request(3, '\xe9\xff'), ['\xe9\xff 443 ']],
    ['the longest name', request(3, 'a'.repeat(255)), [`${'a'.repeat(255)} 443 `]],
    ['an empty name', request(3, ''), [' 443 ']],
    ['IPv4', request(1, Buffer.from([127, 0, 0, 1]), { port: 80 }), ['127.0.0.1 80 ']],
    [
      'IPv6',
      request(4, Buffer.from('0'.repeat(31) + '1', 'hex'), { port: 65_535 }),
      ['::1 65535 '],
    ],
    [
      'bytes behind the request',
      Buffer.concat([request(3, 'a'), Buffer.from('1603', 'hex')]),
      ['a 443 1603'],
    ],
    ['BIND', request(3, 'a', { command: 2 }), refusal(7)],
    ['UDP ASSOCIATE', request(1, Buffer.alloc(4), { command: 3 }), refusal(7)],
    ['an unknown command', request(3, 'a', { command: 0 }), refusal(7)],
    ['an unknown kind of address', request(9, 'abcd'), refusal(8)],
    ['kind 0', request(0, ''), refusal(8)],
    ['a reserved byte', Buffer.from([5, 1, 1, 3, 1, 97, 1, 187]), refusal(1)],
    ['port 0', request(3, 'a', { port: 0 }), refusal(2)],
    ['another version', Buffer.from([4, 1, 0, 3, 1, 97, 1, 187]), ['close']],
  ]
  for (const [why, bytes, lines] of open) {
    it(`answers a request: ${why}`, () => {
      expect(told(new SocksSession(null), [greeting, bytes])).to.deep.equal(['0500', ...lines])
    })
  }

  it('hands over a name with a NUL so that it is refused as a name', () => {
    const events = new SocksSession(null).push(
      Buffer.concat([greeting, request(3, 'evil.test\0.wild.test')]),
    )
    const last = events.at(-1)
    if (last?.kind !== 'request') throw new Error('no request')
    expect(canonicalHost(last.destination.host)).to.have.all.keys('fault')
  })

  const greetings: [why: string, token: string | null, bytes: string, lines: string[]][] = [
    ['no method at all', null, '0500', ['05ff', 'close']],
    ['only a password where none is wanted', null, '050102', ['05ff', 'close']],
    ['GSSAPI alone', null, '050101', ['05ff', 'close']],
    ['no password where one is wanted', token, '050100', ['05ff', 'close']],
    ['no password, among others', token, '0503000103', ['05ff', 'close']],
    ['a password among others', token, '0503000102', ['0502']],
    ['no authentication among others', null, '0503020100', ['0500']],
    ['SOCKS 4', null, '0401005001020304', ['close']],
    ['SOCKS 4a', null, '04010050000000016100', ['close']],
    ['SOCKS 4 by its first byte', null, '04', ['close']],
    ['HTTP', null, '474554', ['close']],
  ]
  for (const [why, secret, bytes, lines] of greetings) {
    it(`answers a greeting: ${why}`, () => {
      expect(told(new SocksSession(secret), [Buffer.from(bytes, 'hex')])).to.deep.equal(lines)
    })
  }

  it('goes on behind the right token', () => {
    const chunks = [greeting, password(token), request(3, 'a')]
    expect(told(new SocksSession(token), chunks)).to.deep.equal(['0502', '0100', 'a 443 '])
  })

  const wrong = [
    '',
    'b',
    token.slice(1),
    `${token}b`,
    token.toUpperCase(),
    `${token}\0`,
    'c'.repeat(43),
  ]
  for (const text of wrong) {
    it(`ends behind the wrong token ${JSON.stringify(text)}`, () => {
      const chunks = [greeting, password(text), request(3, 'a')]
      expect(told(new SocksSession(token), chunks)).to.deep.equal(['0502', '0101', 'close'])
    })
  }

  it('takes the token for no user name', () => {
    const chunks = [greeting, password('x', token)]
    expect(told(new SocksSession(token), chunks)).to.deep.equal(['0502', '0101', 'close'])
  })

  it('wants a password of the known form', () => {
    const chunks = [greeting, Buffer.from([5, 1, 97, 1, 97])]
    expect(told(new SocksSession(token), chunks)).to.deep.equal(['0502', 'close'])
  })

  it('lets nobody pass over the password', () => {
    const chunks = [greeting, request(3, 'a')]
    expect(told(new SocksSession(token), chunks)).to.deep.equal(['0502', 'close'])
  })

  it('says that nothing may follow', () => {
    const session = new SocksSession(null)
    session.push(Buffer.concat([greeting, request(3, 'a')]))
    expect(told(session, [Buffer.from('x')])).to.deep.equal(['close'])
  })

  it('gives the same events wherever the bytes are cut', () => {
    for (const [secret, kind, address] of [
      [token, 3, 'api.good.test'],
      [null, 1, 'abcd'],
      [token, 4, 'abcdefghijklmnop'],
    ] as const) {
      const bytes = Buffer.concat([
        greeting,
        ...(secret === null ? [] : [password(secret)]),
        request(kind, address),
      ])
      const whole = told(new SocksSession(secret), [bytes])
      for (let size = 1; size <= bytes.length; size += 1) {
        expect(told(new SocksSession(secret), pieces(bytes, size)), `${size}`).to.deep.equal(whole)
      }
    }
  })

  it('neither throws nor depends on cuts, whatever comes', () => {
    const valid = Buffer.concat([greeting, password(token), request(3, 'api.good.test')])
    const change = fc.record({
      at: fc.nat(valid.length - 1),
      byte: fc.integer({ min: 0, max: 255 }),
    })
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from([5, ...bytes])),
      fc.array(change, { maxLength: 3 }).map((changes) => {
        const bytes = Buffer.from(valid)
        for (const { at, byte } of changes) bytes[at] = byte
        return bytes
      }),
    )
    fc.assert(
      fc.property(
        hostile,
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        (bytes, size, withToken) => {
          const secret = withToken ? token : null
          const whole = told(new SocksSession(secret), [bytes]).map(withoutRest)
          const cut = told(new SocksSession(secret), pieces(bytes, size)).map(withoutRest)
          expect(cut.slice(0, whole.length)).to.deep.equal(whole)
        },
      ),
      { seed: 31, numRuns: 5_000 },
    )
  })

  for (const secret of [token, null]) {
    it(`is understood by a SOCKS client, ${secret === null ? 'without' : 'with'} a token`, async () => {
      expect(await asked(secret, secret)).to.deep.equal({ host: 'api.good.test', port: 443 })
    })
  }

  it('is understood by a SOCKS client that has no token', async () => {
    const failure = await asked(token, null).catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(Error)
  })
})

describe('socksReply', () => {
  it('tells no address', () => {
    expect(socksReply(socksCodes.succeeded).toString('hex')).to.equal('05000001000000000000')
  })

  it('tells refusals by policy from failures of the network', () => {
    expect(socksCodeOf('host_not_allowed')).to.equal(2)
    expect(socksCodeOf('address_denied')).to.equal(2)
    expect(socksCodeOf('bad_name')).to.equal(2)
    expect(socksCodeOf('resolve_failed')).to.equal(4)
    expect(socksCodeOf('connect_failed')).to.equal(5)
    expect(socksCodeOf('upstream_timeout')).to.equal(6)
    expect(socksCodeOf('internal')).to.equal(1)
  })
})

function pieces(bytes: Buffer, size: number): Buffer[] {
  const count = Math.ceil(bytes.length / size)
  return Array.from({ length: count }, (_none, at) => bytes.subarray(at * size, (at + 1) * size))
}

/** What came behind a request depends on how much the last chunk held. */
function withoutRest(line: string): string {
  return line.replace(/ [0-9a-f]*$/, '')
}

/** What a client library asks a server for that answers with the session. */
async function asked(secret: string | null, presented: string | null): Promise<unknown> {
  const server = createServer()
  const destination = new Promise<unknown>((resolve) => {
    server.on('connection', (socket) => {
      const session = new SocksSession(secret)
      socket.on('error', () => socket.destroy())
      socket.on('data', (chunk) => {
        for (const event of session.push(chunk)) {
          if (event.kind === 'reply') socket.write(event.bytes)
          if (event.kind === 'close') socket.end()
          if (event.kind !== 'request') continue
          socket.end(socksReply(socksCodes.succeeded))
          resolve(event.destination)
        }
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const { socket } = await SocksClient.createConnection({
      command: 'connect',
      destination: { host: 'api.good.test', port: 443 },
      proxy: {
        type: 5,
        host: '127.0.0.1',
        port: (server.address() as AddressInfo).port,
        ...(presented === null ? {} : { userId: 'caisson', password: presented }),
      },
    })
    socket.destroy()
    return await destination
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}
