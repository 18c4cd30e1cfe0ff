import { expect } from 'chai'
import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect as connectTcp } from 'node:net'
import { createServer, type TlsOptions, type TLSSocket } from 'node:tls'
import { RefusalError } from '../../dist/refusal.js'
import { stillProves } from '../../dist/tls/upstream-identity.js'
import { UpstreamSessions } from '../../dist/tls/upstream-sessions.js'
import { upstreamContext } from '../../dist/tls/upstream-trust-dial.js'
import { connectTls, type ConnectTlsOptions } from '../../dist/tls/verify-dial.js'
import { socketPair, streamPair } from './loopback.ts'
import { MadeUpAuthority, type MadeUpServer } from './made-up.ts'

const known = new MadeUpAuthority()
const unknown = new MadeUpAuthority()
const secret = 'GET /?secret HTTP/1.1\r\n\r\n'
const limits = { tlsMs: 5000 }

/** What an upstream got of a request that is sent as soon as the connection stands. */
interface Sent {
  readonly received: string
  readonly reason: string
  readonly code: string
}

async function withOrigin<T>(
  options: TlsOptions,
  run: (port: number, received: () => string) => Promise<T>,
): Promise<T> {
  let received = ''
  const open = new Set<TLSSocket>()
  const server = createServer(options, (socket) => {
    open.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      received += String(chunk)
      socket.write('answer')
    })
  })
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await run((server.address() as AddressInfo).port, () => received)
  } finally {
    for (const socket of open) socket.destroy()
    server.close()
  }
}

/** Connects, sends the request when that is allowed, and waits for the answer; tells whether a session was resumed. */
async function send(port: number, options: Partial<ConnectTlsOptions>): Promise<boolean> {
  const socket = connectTcp(port, '127.0.0.1')
  const upstream = await connectTls(socket, {
    host: 'a.test',
    alpn: ['http/1.1'],
    limits,
    trust: [known.pem],
    ...options,
  })
  upstream.write(secret)
  await once(upstream, 'data')
  const isReused = upstream.isSessionReused()
  upstream.destroy()
  return isReused
}

async function attempt(
  origin: TlsOptions,
  options: Partial<ConnectTlsOptions> = {},
): Promise<Sent> {
  return withOrigin(origin, async (port, received) => {
    try {
      await send(port, options)
      return { received: received(), reason: '', code: '' }
    } catch (error) {
      if (!(error instanceof RefusalError)) throw error
      const { reason, code } = error.refusal
      return { received: received(), reason, code }
    }
  })
}

const old = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
const table: [string, TlsOptions, Partial<ConnectTlsOptions>, string][] = [
  ['is expired', known.server({ from: -30, to: -1 }), {}, 'expired'],
  ['is not valid yet', known.server({ from: 1, to: 30 }), {}, 'expired or not valid yet'],
  ['is for another name', known.server({ host: 'b.test' }), {}, 'another name'],
  ['is for the parent of the name', known.server({ host: 'test' }), {}, 'another name'],
  ['is for a name below', known.server({ host: 'x.a.test' }), {}, 'another name'],
  ['is a wildcard for another level', known.server({ host: '*.a.test' }), {}, 'another name'],
  ['is a partial wildcard', known.server({ host: 'a*.test' }), { host: 'ab.test' }, 'another name'],
  ['is self-signed', known.selfSigned('a.test'), {}, 'self-signed'],
  ['comes from an unknown authority', unknown.server(), {}, 'not trusted'],
  ['lacks the certificate in between', cut(known.server()), {}, 'not trusted'],
  ['has no key that is pinned', known.server(), { pins: ['AAAA'] }, 'pinned'],
  ['is shown over TLS 1.0 only', { ...known.server(), ...old, maxVersion: 'TLSv1' }, {}, 'TLS 1.2'],
  [
    'is shown over TLS 1.1 only',
    { ...known.server(), ...old, maxVersion: 'TLSv1.1' },
    {},
    'TLS 1.2',
  ],
  [
    'is for a name, where an address was wanted',
    known.server(),
    { host: '127.0.0.1' },
    'another name',
  ],
]

function cut({ cert, key }: MadeUpServer): TlsOptions {
  return { cert: cert.slice(0, cert.indexOf('-----END CERTIFICATE-----') + 26), key }
}

describe('connectTls', () => {
  it('sends a request to an upstream whose certificate is good', async () => {
    const sent = await attempt(known.server())
    expect(sent).to.deep.equal({ received: secret, reason: '', code: '' })
  })

  it('takes a wildcard for one label', async () => {
    const sent = await attempt(known.server({ host: '*.a.test' }), { host: 'x.a.test' })
    expect(sent.received).to.equal(secret)
  })

  for (const [what, origin, options, words] of table) {
    it(`sends nothing to an upstream whose certificate ${what}`, async () => {
      const sent = await attempt(origin, options)
      expect(sent.received).to.equal('')
      expect(sent.code).to.equal('tls_failed')
      expect(sent.reason).to.include(words)
      expect(sent.reason).not.to.match(/\d+\.\d+\.\d+|a\.test|b\.test/)
    })
  }

  it('sends nothing to an upstream that nobody was told to trust', async () => {
    expect((await attempt(known.server(), { trust: [] })).received).to.equal('')
  })

  it('trusts an authority in the context that was told to, and in no other', async () => {
    const [before, context] = [upstreamContext({}), upstreamContext({ trust: [known.pem] })]
    expect((await attempt(known.server(), { context })).received).to.equal(secret)
    for (const other of [before, upstreamContext({}), upstreamContext({ trust: [unknown.pem] })])
      expect((await attempt(known.server(), { context: other })).reason).to.include('not trusted')
  })

  it('is not moved by NODE_TLS_REJECT_UNAUTHORIZED', async () => {
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    try {
      for (const origin of [unknown.server(), known.server({ host: 'b.test' })]) {
        const sent = await attempt(origin)
        expect([sent.received, sent.code]).to.deep.equal(['', 'tls_failed'])
      }
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
    }
  })

  it('accepts the key that is pinned', async () => {
    const server = known.server()
    const { publicKey } = new X509Certificate(server.cert)
    const spki = publicKey.export({ format: 'der', type: 'spki' })
    const pins = [createHash('sha256').update(spki).digest('base64')]
    expect((await attempt(server, { pins })).received).to.equal(secret)
  })

  it('shows its own certificate where one is wanted, and fails without', async () => {
    const origin = {
      ...known.server(),
      ca: unknown.pem,
      requestCert: true,
      rejectUnauthorized: true,
      maxVersion: 'TLSv1.2',
    } as const
    expect((await attempt(origin)).code).to.equal('tls_failed')
    const { cert, key } = unknown.server({ host: 'client.test' })
    // What is made up is for servers; whether that matters is the upstream's affair.
    const lenient = { ...origin, rejectUnauthorized: false }
    const sent = await attempt(lenient, { clientCertificate: { chain: cert, privateKey: key } })
    expect(sent.received).to.equal(secret)
  })

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`resumes sessions of ${maxVersion}, and only where they prove what is wanted`, async () => {
      await withOrigin({ ...known.server(), maxVersion }, async (port) => {
        const context = upstreamContext({ trust: [known.pem] })
        const sessions = new UpstreamSessions()
        const reused: boolean[] = []
        for (let round = 0; round < 3; round++) reused.push(await send(port, { context, sessions }))
        expect(reused).to.deep.equal([false, true, true])
        const kept = sessions.find('a.test')
        if (kept === undefined) throw new Error('no session was kept')
        sessions.keep('b.test', kept)
        const asOther = await send(port, { context, sessions, host: 'b.test' }).catch(codeOf)
        sessions.keep('a.test', kept)
        const unpinned = await send(port, { context, sessions, pins: ['AAAA'] }).catch(codeOf)
        expect([asOther, unpinned]).to.deep.equal(['tls_failed', 'tls_failed'])
      })
    })
  }

  it('does not resume what has expired meanwhile', () => {
    const der = new X509Certificate(known.server({ to: 30 }).cert).raw
    const at = [29, 31].map((days) => Date.now() + days * 86_400_000)
    expect(at.map((time) => stillProves({ host: 'a.test' }, der, time))).to.deep.equal([
      true,
      false,
    ])
  })

  it('keeps no session of an upstream that was not proved', async () => {
    const sessions = new UpstreamSessions()
    await attempt({ ...known.server({ host: 'b.test' }), maxVersion: 'TLSv1.2' }, { sessions })
    expect(sessions.find('a.test')).to.equal(undefined)
  })

  it('forgets the session that is oldest', () => {
    const sessions = new UpstreamSessions(2)
    const made = (text: string) => ({ session: Buffer.from(text), certificate: Buffer.alloc(0) })
    for (const host of ['a', 'b', 'c']) sessions.keep(host, made(host))
    expect(sessions.find('a')).to.equal(undefined)
    expect(sessions.find('b')?.session.toString()).to.equal('b')
    sessions.forget('b')
    expect(sessions.find('b')).to.equal(undefined)
  })

  it('gives up on an upstream that says nothing, goes away, or speaks no TLS', async () => {
    const options = { host: 'a.test', alpn: ['http/1.1'], limits: { tlsMs: 50 } } as const
    const silent = await socketPair()
    const late = await connectTls(silent.client, options).catch(reasonOf)
    expect(late).to.include('too long')
    const gone = await socketPair()
    gone.server.destroy()
    expect(await connectTls(gone.client, options).catch(codeOf)).to.equal('tls_failed')
    const [near, far] = streamPair()
    far.write('HTTP/1.1 400 Bad Request\r\n\r\n')
    expect(await connectTls(near, options).catch(reasonOf)).to.include('not TLS')
    expect([silent.client.destroyed, gone.client.destroyed, near.destroyed]).to.deep.equal([
      true,
      true,
      true,
    ])
    silent.server.destroy()
  })

  it('gives up when it is aborted', async () => {
    const { client, server } = await socketPair()
    const controller = new AbortController()
    const { signal } = controller
    const options = { host: 'a.test', alpn: ['http/1.1'], limits, signal } as const
    const attempted = connectTls(client, options).catch(reasonOf)
    controller.abort()
    expect(await attempted).to.include('given up')
    expect(await connectTls(client, options).catch(reasonOf)).to.include('given up')
    server.destroy()
  })
})

function codeOf(error: unknown): string {
  return error instanceof RefusalError ? error.refusal.code : String(error)
}

function reasonOf(error: unknown): string {
  return error instanceof RefusalError ? error.refusal.reason : String(error)
}
