import { expect } from 'chai'
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { RefusalError } from '../../dist/refusal.js'
import { type Authority, createAuthority } from '../../dist/tls/authority.js'
import {
  type ApplicationProtocol,
  negotiatedProtocol,
  terminateTls,
} from '../../dist/tls/terminate-listen.js'
import { SeededRandom } from './seeded-random.ts'
import { socketPair, streamPair } from './loopback.ts'

const names = [{ pattern: 'a.test', wildcard: false }]

interface Wanted {
  readonly alpn?: readonly ApplicationProtocol[]
  readonly host?: string
  readonly first?: Buffer | null
  readonly tlsMs?: number
  readonly signal?: AbortSignal
}

function terminate(authority: Authority, server: Duplex, wanted: Wanted = {}): Promise<TLSSocket> {
  const { host = 'a.test', alpn = ['h2', 'http/1.1'], first = null, tlsMs = 5000 } = wanted
  const { signal = new AbortController().signal } = wanted
  return terminateTls(server, { authority, host, alpn, limits: { tlsMs }, first, signal })
}

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt
    return 'none'
  } catch (error) {
    return error instanceof RefusalError ? error.refusal.code : String(error)
  }
}

/** What became of the client: the protocol it may speak, or its error. */
async function outcomeOf(socket: TLSSocket): Promise<string> {
  try {
    await once(socket, 'secureConnect')
    return socket.alpnProtocol === false ? 'none' : (socket.alpnProtocol ?? 'null')
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}

describe('terminateTls', () => {
  const authority = createAuthority({ sandboxId: 's', names })
  const open: Duplex[] = []

  afterEach(() => {
    for (const socket of open.splice(0)) socket.destroy()
  })

  async function pair(): Promise<{ client: Duplex; server: Duplex }> {
    const made = await socketPair()
    open.push(made.client, made.server)
    return made
  }

  function dial(socket: Duplex, options: ConnectionOptions = {}): TLSSocket {
    const ca = authority.certificatePem
    const client = connect({ socket, servername: 'a.test', ca, ...options })
    client.on('error', () => undefined)
    return client
  }

  const protocols: [string[] | undefined, ApplicationProtocol[], string, string][] = [
    [['http/1.1', 'h2'], ['h2', 'http/1.1'], 'h2', 'the preference of the proxy counts'],
    [['h2', 'http/1.1'], ['http/1.1'], 'http/1.1', 'only one is common'],
    [undefined, ['h2', 'http/1.1'], 'none', 'a client without ALPN speaks HTTP/1.1'],
  ]
  for (const [offered, alpn, chosen, reason] of protocols) {
    it(`agrees on ${chosen} when offered ${String(offered)}: ${reason}`, async () => {
      const { client, server } = await pair()
      const terminated = terminate(authority, server, { alpn })
      const seen = outcomeOf(dial(client, offered === undefined ? {} : { ALPNProtocols: offered }))
      expect(await seen).to.equal(chosen)
      expect(negotiatedProtocol(await terminated)).to.equal(chosen === 'none' ? 'http/1.1' : chosen)
    })
  }

  const refused: [string, ConnectionOptions, Wanted, string, string][] = [
    [
      'only h3',
      { ALPNProtocols: ['h3'] },
      {},
      'bad_request',
      'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
    ],
    [
      'TLS 1.1 and older',
      { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
      {},
      'bad_request',
      'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    ],
  ]
  for (const [what, offer, wanted, code, alert] of refused) {
    it(`refuses a client that offers ${what}, with an alert`, async () => {
      const { client, server } = await pair()
      const seen = outcomeOf(dial(client, offer))
      expect(await codeOf(terminate(authority, server, wanted))).to.equal(code)
      expect(await seen).to.equal(alert)
      expect(server.destroyed).to.equal(true)
    })
  }

  it('refuses a client that names another host', async () => {
    const { client, server } = await pair()
    dial(client, { servername: 'b.test', rejectUnauthorized: false })
    expect(await codeOf(terminate(authority, server))).to.equal('sni_mismatch')
    expect(server.destroyed).to.equal(true)
  })

  it('refuses a client without ALPN where HTTP/1.1 is not spoken', async () => {
    const { client, server } = await pair()
    dial(client, { maxVersion: 'TLSv1.2' })
    expect(await codeOf(terminate(authority, server, { alpn: ['h2'] }))).to.equal('bad_request')
  })

  it('refuses a name that the authority may not vouch for, before any handshake', async () => {
    const { server } = await pair()
    const attempt = terminate(authority, server, { host: 'c.test' })
    expect(await codeOf(attempt)).to.equal('sni_mismatch')
    expect(server.destroyed).to.equal(true)
  })

  it('is not believed by a client of another sandbox', async () => {
    const { client, server } = await pair()
    const other = createAuthority({ sandboxId: 's', names })
    const terminated = codeOf(terminate(authority, server))
    const seen = await outcomeOf(dial(client, { ca: other.certificatePem }))
    expect(seen).to.match(/UNABLE_TO_GET_ISSUER|SELF_SIGNED|UNABLE_TO_VERIFY/)
    // With TLS 1.3 the server is done before the client has looked.
    await terminated
  })

  it('gives up on a client that says nothing, in its time', async () => {
    const { server } = await pair()
    expect(await codeOf(terminate(authority, server, { tlsMs: 30 }))).to.equal('bad_request')
    expect(server.destroyed).to.equal(true)
  })

  it('gives up when it is aborted, before or meanwhile', async () => {
    const before = await pair()
    const early = terminate(authority, before.server, { signal: AbortSignal.abort() })
    expect(await codeOf(early)).to.equal('closed')
    const meanwhile = await pair()
    const controller = new AbortController()
    const late = terminate(authority, meanwhile.server, { signal: controller.signal })
    controller.abort()
    expect(await codeOf(late)).to.equal('closed')
    expect([before.server.destroyed, meanwhile.server.destroyed]).to.deep.equal([true, true])
  })

  it('tells of a client that went away', async () => {
    const { client, server } = await pair()
    client.destroy()
    expect(await codeOf(terminate(authority, server))).to.equal('bad_request')
    expect(await codeOf(terminate(authority, server))).to.equal('bad_request')
  })

  for (const kind of ['a socket', 'a stream in memory'] as const) {
    it(`carries bytes both ways over ${kind}, beginning with what was read before`, async () => {
      const made = kind === 'a socket' ? await pair() : undefined
      const [near, far] = made === undefined ? streamPair() : [made.client, made.server]
      open.push(near, far)
      const client = dial(near)
      const first = await once(far, 'readable').then(() => far.read() as Buffer)
      const server = await terminate(authority, far, { first })
      server.on('data', (chunk: Buffer) => server.end(`echo ${String(chunk)}`))
      client.end('hello')
      const answer: Buffer[] = []
      for await (const chunk of client) answer.push(chunk as Buffer)
      expect(String(Buffer.concat(answer))).to.equal('echo hello')
    })
  }

  it('closes the connection below when it is closed', async () => {
    const { client, server } = await pair()
    const dialed = dial(client)
    const terminated = await terminate(authority, server)
    terminated.destroy()
    await Promise.all([once(server, 'close'), once(dialed, 'close')])
    expect(server.destroyed).to.equal(true)
  })

  it('lets no client renegotiate', async () => {
    const { client, server } = await pair()
    const dialed = dial(client, { maxVersion: 'TLSv1.2' })
    const ready = once(dialed, 'secureConnect')
    const terminated = await terminate(authority, server)
    terminated.resume()
    await ready
    const refusal = await new Promise<Error | null>((resolve) => {
      dialed.once('error', resolve)
      dialed.once('close', () => resolve(new Error('closed')))
      dialed.renegotiate({}, resolve)
    })
    expect(refusal).to.be.instanceOf(Error)
  })

  it('resumes a session for the same name only, and takes no early data', async () => {
    const any = createAuthority({ sandboxId: 's', names: 'any' })
    const trusting = { ca: any.certificatePem, maxVersion: 'TLSv1.2' } as const
    const first = await pair()
    const begun = dial(first.client, trusting)
    const kept = once(begun, 'session') as Promise<[Buffer]>
    await terminate(any, first.server)
    const [session] = await kept
    const reused: boolean[] = []
    for (const host of ['a.test', 'b.test']) {
      const { client, server } = await pair()
      const dialed = dial(client, { ...trusting, servername: host, session })
      const seen = once(dialed, 'secureConnect')
      await terminate(any, server, { host })
      await seen
      reused.push(dialed.isSessionReused())
    }
    expect(reused).to.deep.equal([true, false])
  })

  it('ends every handshake of garbage, and leaves nothing open', async function () {
    this.timeout(20_000)
    const random = new SeededRandom(1301)
    const hello = await recordedHello(authority)
    for (let round = 0; round < 150; round++) {
      const { client, server } = await pair()
      const bytes = Buffer.from(hello)
      for (let at = random.below(6); at >= 0; at--)
        bytes[random.below(bytes.length)] = random.below(256)
      client.end(random.below(2) === 0 ? bytes : bytes.subarray(0, random.below(bytes.length)))
      client.resume()
      await codeOf(terminate(authority, server, { tlsMs: 2000 }))
      server.destroy()
    }
    const { client, server } = await pair()
    const seen = outcomeOf(dial(client))
    await terminate(authority, server)
    expect(await seen).to.equal('none')
  })
})

/** The first flight of a client. */
async function recordedHello(authority: Authority): Promise<Buffer> {
  const { client, server } = await socketPair()
  const dialed = connect({ socket: client, servername: 'a.test', ca: authority.certificatePem })
  dialed.on('error', () => undefined)
  await once(server, 'readable')
  const hello = server.read() as Buffer
  dialed.destroy()
  server.destroy()
  return hello
}
