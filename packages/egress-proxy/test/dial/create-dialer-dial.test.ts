import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttpsServer } from 'node:https'
import { createSecureServer, type Http2SecureServer } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { inspect } from 'node:util'
import { expect } from 'chai'
import { compileGuard } from '../../dist/addresses/guard.js'
import { createDialer, type DialerOptions } from '../../dist/dial/create-dialer-dial.js'
import { OwnAddresses } from '../../dist/dial/own-dial.js'
import type { UpstreamConnection } from '../../dist/exchange.js'
import type { ResponseHead } from '../../dist/http-message.js'
import { defaultLimits } from '../../dist/limits.js'
import { codeOf, eventually, h1, h2, Loopback, never } from './fixture.ts'

function dialer(options: Partial<DialerOptions> = {}, allow: string[] = ['127.0.0.0/8']) {
  const guard = compileGuard({ allow, deny: [] })
  const own = new OwnAddresses()
  return createDialer({
    limits: defaultLimits,
    own,
    guard: () => guard,
    lookup: () => Promise.resolve({ addresses: ['127.0.0.1'], ttlMs: null }),
    ...options,
  })
}

function ask(connection: UpstreamConnection, authority: string): Promise<number> {
  const head = { method: 'GET', scheme: 'https', target: '/', headers: [], upgrade: null } as const
  return new Promise((resolve, reject) => {
    connection.request({ ...head, authority }, null, {
      informed: () => undefined,
      switched: () => reject(new Error('switched')),
      failed: (error) => reject(error),
      responded: ({ status }: ResponseHead, body) => {
        const done = () => resolve(status)
        if (body === null) done()
        else body.start({ data: () => undefined, end: done, fail: reject })
      },
    })
  })
}

describe('createDialer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'caisson-dialer-'))
  const files = { key: join(folder, 'key.pem'), cert: join(folder, 'cert.pem') }
  let trust = ''
  before(() => {
    const subject = ['-subj', '/CN=api.test', '-addext', 'subjectAltName=DNS:api.test']
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
    const out = ['-keyout', files.key, '-out', files.cert]
    execFileSync('openssl', ['req', '-x509', ...kind, ...subject, ...out], { stdio: 'ignore' })
    trust = readFileSync(files.cert, 'utf8')
  })
  after(() => rmSync(folder, { recursive: true }))

  const credentials = () => ({ key: readFileSync(files.key), cert: readFileSync(files.cert) })

  const startHttps = (): Promise<Loopback> =>
    Loopback.start(
      () => undefined,
      () => createHttpsServer(credentials(), (_request, response) => response.end('hi')),
    )

  const startHttp2 = (): Promise<Loopback> =>
    Loopback.start(
      () => undefined,
      () => {
        const server: Http2SecureServer = createSecureServer(credentials())
        server.on('request', (_request, response) => response.end('hi'))
        return server
      },
    )

  it('carries requests over HTTP/1.1, one after the other on one connection', async () => {
    await using server = await startHttps()
    const made = dialer({ trust })
    const target = { host: 'api.test', port: server.port }
    for (let turn = 0; turn < 3; turn += 1) {
      const connection = await made.open(target, h1, never)
      expect(await ask(connection, 'api.test')).to.equal(200)
      await eventually(() => connection.canTake)
    }
    expect(server.sockets).to.have.length(1)
    made.close()
    await server.settles(0)
  })

  it('carries requests over HTTP/2, many at a time on one connection', async () => {
    await using server = await startHttp2()
    const made = dialer({ trust })
    const target = { host: 'api.test', port: server.port }
    const all = Array.from({ length: 20 }, async () =>
      ask(await made.open(target, h2, never), 'api.test'),
    )
    expect(new Set(await Promise.all(all))).to.deep.equal(new Set([200]))
    expect(server.sockets).to.have.length(1)
    made.close()
    await server.settles(0)
  })

  it('takes HTTP/1.1 where the upstream speaks nothing newer', async () => {
    await using server = await startHttps()
    const made = dialer({ trust })
    const connection = await made.open({ host: 'api.test', port: server.port }, h2, never)
    expect(await ask(connection, 'api.test')).to.equal(200)
    made.close()
  })

  it('refuses a certificate for another name, or of an authority that nobody trusts', async () => {
    await using server = await startHttps()
    const other = dialer({ trust })
    expect(await codeOf(other.open({ host: 'b.test', port: server.port }, h1, never))).to.equal(
      'tls_failed',
    )
    const unknown = dialer()
    expect(await codeOf(unknown.open({ host: 'api.test', port: server.port }, h1, never))).to.equal(
      'tls_failed',
    )
    await server.settles(0)
  })

  it('demands the name of the certificate for the hosts option too', async () => {
    await using server = await startHttps()
    const there = `127.0.0.1:${String(server.port)}`
    const hosts = { 'api.test:443': there, 'b.test:443': there }
    const made = dialer({ trust, hosts }, [])
    const connection = await made.open({ host: 'api.test', port: 443 }, h1, never)
    expect(await ask(connection, 'api.test')).to.equal(200)
    expect(await codeOf(made.open({ host: 'b.test', port: 443 }, h1, never))).to.equal('tls_failed')
    made.close()
  })

  it('reaches loopback only when the policy names it', async () => {
    await using server = await startHttps()
    const target = { host: 'api.test', port: server.port }
    const open = await dialer({ trust }).connect(target, never)
    open.destroy()
    expect(await codeOf(dialer({ trust }, []).connect(target, never))).to.equal('address_denied')
  })

  const denied: [address: string, code: string][] = [
    ['169.254.169.254', 'address_denied'],
    ['100.100.100.200', 'address_denied'],
    ['168.63.129.16', 'address_denied'],
    ['192.0.0.192', 'address_denied'],
    ['fd00:ec2::254', 'address_denied'],
    ['::1', 'address_denied'],
    ['0.0.0.0', 'address_denied'],
    ['100.64.0.1', 'address_denied'],
    ['255.255.255.255', 'address_denied'],
    ['ff02::2', 'address_denied'],
    ['64:ff9b::a00:1', 'address_denied'],
    ['64:ff9b:1::a00:1', 'address_denied'],
    ['2002:a00:1::1', 'address_denied'],
    ['::ffff:127.0.0.1', 'address_denied'],
    ['::7f00:1', 'address_denied'],
    ['fe80::1%lo', 'address_denied'],
    ['fec0::1', 'address_denied'],
    ['8.8.4.4', 'self'],
  ]
  for (const [address, code] of denied) {
    it(`refuses a name that leads to ${address}: ${code}`, async () => {
      // The last one is public, and an address of an interface of this (made-up) machine.
      const own = new OwnAddresses(() => ['8.8.4.4'])
      const lookup = () => Promise.resolve({ addresses: [address], ttlMs: null })
      const made = dialer({ own, lookup }, [])
      expect(await codeOf(made.connect({ host: 'a.test', port: 9 }, never))).to.equal(code)
    })
  }

  it('proves itself to the upstream that wants that, and to no other', async () => {
    const shown: string[] = []
    await using server = await Loopback.start(
      () => undefined,
      () =>
        createHttpsServer(
          { ...credentials(), requestCert: true, rejectUnauthorized: false },
          (request, response) => {
            const certificate = (request.socket as TLSSocket).getPeerCertificate()
            shown.push(String(certificate.subject?.CN ?? 'nobody'))
            response.end()
          },
        ),
    )
    const pair = { certificate: trust, key: readFileSync(files.key, 'utf8') }
    const here = `api.test:${String(server.port)}`
    const target = { host: 'api.test', port: server.port }
    for (const clientCertificates of [{ [here]: pair }, { 'api.test:1': pair }]) {
      const made = dialer({ trust, clientCertificates })
      await ask(await made.open(target, h1, never), 'api.test')
      made.close()
    }
    expect(shown).to.deep.equal(['api.test', 'nobody'])
  })

  const bad: [options: Partial<DialerOptions>, message: string][] = [
    [{ hosts: { 'A.test:1': '127.0.0.1:1' } }, 'hosts["A.test:1"]'],
    [{ upstream: 'ftp://u:hunter2@p.test' }, 'upstream'],
    [
      { clientCertificates: { 'a.test': { certificate: 'hunter2', key: 'hunter2' } } },
      'clientCertificates["a.test"]',
    ],
    [
      { clientCertificates: { 'a.test:443': { certificate: 'hunter2', key: 'hunter2' } } },
      'clientCertificates["a.test:443"]',
    ],
  ]
  for (const [options, message] of bad) {
    it(`refuses ${message} without showing what it holds`, () => {
      let thrown: unknown = null
      try {
        thrown = dialer(options)
      } catch (error) {
        thrown = error
      }
      expect(thrown).to.be.instanceOf(TypeError)
      expect((thrown as Error).message).to.contain(message)
      expect(inspect(thrown)).not.to.contain('hunter2')
    })
  }
})
