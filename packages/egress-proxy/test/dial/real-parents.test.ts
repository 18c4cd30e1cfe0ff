import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { expect } from 'chai'
import { compileGuard } from '../../dist/addresses/guard.js'
import { createDialer } from '../../dist/dial/create-dialer-dial.js'
import { OwnAddresses } from '../../dist/dial/own-dial.js'
import { defaultLimits } from '../../dist/limits.js'
import { codeOf, eventually, h1, h2, Loopback, never } from './fixture.ts'

/** Answers the greeting of a SOCKS5 or HTTP client, then relays to a port, whatever was asked for. */
function relayTo(port: number, asked: string[]): (socket: Socket) => void {
  return (socket) => {
    const tunnel = (answer: string | Buffer) => {
      const upstream = connect({ host: '127.0.0.1', port })
      socket.write(answer)
      socket.on('data', (chunk: Buffer) => upstream.write(chunk))
      upstream.on('data', (chunk: Buffer) => socket.write(chunk))
      for (const side of [socket, upstream]) {
        side.on('error', () => undefined)
        side.on('end', () => upstream.end())
        side.on('close', () => {
          socket.destroy()
          upstream.destroy()
        })
      }
    }
    socket.once('data', (chunk: Buffer) => {
      asked.push(chunk.toString('latin1'))
      if (chunk[0] !== 5) {
        tunnel('HTTP/1.1 200 OK\r\n\r\n')
        return
      }
      socket.write(Buffer.from([5, 0]))
      socket.once('data', (request: Buffer) => {
        asked.push(request.toString('latin1'))
        tunnel(Buffer.from('05000001000000000000', 'hex'))
      })
    })
  }
}

describe('createDialer with a parent that relays', () => {
  const folder = mkdtempSync(join(tmpdir(), 'caisson-parents-'))
  const files = { key: join(folder, 'key.pem'), cert: join(folder, 'cert.pem') }
  let trust = ''
  before(() => {
    const names = 'subjectAltName=DNS:api.test,DNS:parent.test'
    const subject = ['-subj', '/CN=api.test', '-addext', names]
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
    const out = ['-keyout', files.key, '-out', files.cert]
    execFileSync('openssl', ['req', '-x509', ...kind, ...subject, ...out], { stdio: 'ignore' })
    trust = readFileSync(files.cert, 'utf8')
  })
  after(() => rmSync(folder, { recursive: true }))

  const credentials = () => ({ key: readFileSync(files.key), cert: readFileSync(files.cert) })
  const startUpstream = (): Promise<Loopback> =>
    Loopback.start(
      () => undefined,
      () =>
        createSecureServer({ ...credentials(), allowHTTP1: true }, (_request, response) => {
          response.end()
        }),
    )

  function dialerBehind(url: string, parentTrust?: string) {
    const guard = compileGuard({ allow: [], deny: [] })
    const lookup = (host: string) =>
      host === 'parent.test'
        ? Promise.resolve({ addresses: ['127.0.0.1'], ttlMs: null })
        : Promise.reject(new Error('only the parent may be resolved'))
    const upstream = { url, trust: parentTrust }
    return createDialer({
      limits: defaultLimits,
      own: new OwnAddresses(),
      guard: () => guard,
      lookup,
      trust,
      upstream,
    })
  }

  for (const scheme of ['http', 'https', 'socks5', 'socks5h']) {
    for (const wanted of [h1, h2]) {
      it(`proves the upstream through ${scheme}: for ${wanted.protocol}`, async () => {
        const asked: string[] = []
        await using upstream = await startUpstream()
        await using parent = await Loopback.start(
          relayTo(upstream.port, asked),
          scheme === 'https'
            ? (onSocket) => createTlsServer(credentials()).on('secureConnection', onSocket)
            : undefined,
        )
        const url = `${scheme}://parent.test:${String(parent.port)}`
        const dialer = dialerBehind(url, scheme === 'https' ? trust : undefined)
        const connection = await dialer.open({ host: 'api.test', port: 443 }, wanted, never)
        const head = {
          method: 'GET',
          scheme: 'https',
          authority: 'api.test',
          target: '/',
          headers: [],
          upgrade: null,
        } as const
        const status = await new Promise((resolve, reject) => {
          connection.request(head, null, {
            informed: () => undefined,
            switched: reject,
            failed: reject,
            responded: (response) => resolve(response.status),
          })
        })
        expect(status).to.equal(200)
        expect(asked.join('')).to.contain('api.test')
        // The parent can lead elsewhere, and gains nothing by it: the name has to be proved.
        const wrong = dialer.open({ host: 'bank.test', port: 443 }, wanted, never)
        expect(await codeOf(wrong)).to.equal('tls_failed')
        dialer.close()
        await parent.settles(0)
        await upstream.settles(0)
      })
    }
  }

  it('does not trust an https: parent by what it trusts upstreams by', async () => {
    await using parent = await Loopback.start(
      () => undefined,
      (onSocket) => createTlsServer(credentials()).on('secureConnection', onSocket),
    )
    const dialer = dialerBehind(`https://parent.test:${String(parent.port)}`)
    expect(await codeOf(dialer.open({ host: 'api.test', port: 443 }, h1, never))).to.equal(
      'tls_failed',
    )
  })

  for (const wanted of [h1, h2]) {
    it(`forgets a connection whose upstream ended its side: ${wanted.protocol}`, async () => {
      await using upstream = await startUpstream()
      const guard = compileGuard({ allow: ['127.0.0.0/8'], deny: [] })
      const lookup = () => Promise.resolve({ addresses: ['127.0.0.1'], ttlMs: null })
      const own = new OwnAddresses()
      const made = createDialer({ limits: defaultLimits, own, guard: () => guard, lookup, trust })
      const target = { host: 'api.test', port: upstream.port }
      const first = await made.open(target, wanted, never)
      await eventually(() => upstream.sockets.length === 1)
      upstream.sockets[0]?.end()
      await eventually(() => !first.canTake)
      expect(await made.open(target, wanted, never)).not.to.equal(first)
      made.close()
      await upstream.settles(0)
    })
  }
})
