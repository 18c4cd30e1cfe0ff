import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { connect as tlsConnect, createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { expect } from 'chai'
import { Parent } from '../../dist/dial/parent.js'
import { Loopback, makeDialer, never, refusalOf } from './fixture.ts'
import { basic, login, parentThat, readBytes, target } from './parent-fixture.ts'

describe('a dialer with an HTTPS parent', () => {
  const folder = mkdtempSync(join(tmpdir(), 'caisson-parent-'))
  const keyFile = join(folder, 'key.pem')
  const certificateFile = join(folder, 'certificate.pem')
  before(() => {
    const subject = ['-subj', '/CN=parent.test', '-addext', 'subjectAltName=DNS:parent.test']
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
    const files = ['-keyout', keyFile, '-out', certificateFile]
    execFileSync('openssl', ['req', '-x509', ...kind, ...subject, ...files], { stdio: 'ignore' })
  })
  after(() => rmSync(folder, { recursive: true }))

  const verified = (socket: Duplex, name: string): Promise<TLSSocket> =>
    new Promise((resolve, reject) => {
      const ca = readFileSync(certificateFile)
      const secure: TLSSocket = tlsConnect({ socket, servername: name, ca }, () => resolve(secure))
      secure.on('error', reject)
    })

  it('proves the parent by its own name, then tunnels inside', async () => {
    const seen: string[] = []
    const peers: string[] = []
    await using server = await Loopback.start(
      parentThat('HTTP/1.1 200 OK\r\n\r\nearly', seen),
      (onSocket) => {
        const key = readFileSync(keyFile)
        const tls = createTlsServer({
          key,
          cert: readFileSync(certificateFile),
          allowHalfOpen: true,
        })
        return tls.on('secureConnection', onSocket)
      },
    )
    const parent = new Parent(`https://${login}@parent.test:${String(server.port)}`)
    const { dialer } = makeDialer({
      routing: { parent },
      connectTls: (socket, { host, peer }) => {
        peers.push(`${peer} ${host}`)
        return verified(socket, host)
      },
    })
    const stream = await dialer.connect(target, never)
    expect(await readBytes(stream, 5)).to.equal('early')
    expect(peers).to.deep.equal(['parent parent.test'])
    expect(seen[0]).to.contain(`Basic ${basic}`)
    dialer.close()
    await server.settles(0)
  })

  it('sends no login to a parent that cannot prove itself', async () => {
    const seen: string[] = []
    await using server = await Loopback.start((socket) => {
      socket.on('data', (chunk: Buffer) => seen.push(chunk.toString('latin1')))
      socket.on('end', () => socket.destroy())
    })
    const parent = new Parent(`https://${login}@parent.test:${String(server.port)}`)
    const { dialer } = makeDialer({
      routing: { parent },
      connectTls: () => Promise.reject(new Error('self-signed, at 10.0.0.1')),
    })
    const error = await refusalOf(dialer.connect(target, never))
    expect(error.refusal.code).to.equal('tls_failed')
    await server.settles(0)
    expect(seen).to.deep.equal([])
  })
})
