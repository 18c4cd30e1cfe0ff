import { expect } from 'chai'
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext, TLSSocket } from 'node:tls'
import { createAuthority } from '../../dist/tls/authority.js'
import { terminateTls } from '../../dist/tls/terminate-listen.js'
import { withListener } from './loopback.ts'
import { MadeUpAuthority } from './made-up.ts'

const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello'

const python = `
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
context.verify_flags |= ssl.VERIFY_X509_STRICT
host, port = sys.argv[2], int(sys.argv[3])
with socket.create_connection(('127.0.0.1', port)) as plain:
    with context.wrap_socket(plain, server_hostname=host) as secure:
        secure.sendall(b'GET / HTTP/1.1\\r\\n\\r\\n')
        print(secure.recv(4096).decode().rsplit('\\n')[-1])
`

const node = `
const [, ca, host, port] = process.argv
const socket = require('node:tls').connect({ port: Number(port), host: '127.0.0.1', servername: host, ca: require('node:fs').readFileSync(ca) })
socket.on('secureConnect', () => socket.write('GET / HTTP/1.1\\r\\n\\r\\n'))
socket.on('data', (chunk) => { console.log(String(chunk).split('\\n').at(-1)); socket.end() })
socket.on('error', (error) => { console.error(error.code); process.exit(1) })
`

const java = `
import java.io.*; import java.net.*; import java.security.*; import java.security.cert.*; import javax.net.ssl.*;
public class Client { public static void main(String[] a) throws Exception {
  KeyStore store = KeyStore.getInstance("JKS"); store.load(null, null);
  store.setCertificateEntry("a", CertificateFactory.getInstance("X.509").generateCertificate(new FileInputStream(a[0])));
  TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX"); trust.init(store);
  SSLContext context = SSLContext.getInstance("TLS"); context.init(null, trust.getTrustManagers(), null);
  SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(new Socket("127.0.0.1", Integer.parseInt(a[2])), a[1], 443, true);
  SSLParameters p = socket.getSSLParameters(); p.setEndpointIdentificationAlgorithm("HTTPS"); socket.setSSLParameters(p);
  socket.getOutputStream().write("GET / HTTP/1.1\\r\\n\\r\\n".getBytes());
  String last = ""; BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream()));
  for (String line = in.readLine(); line != null; line = in.readLine()) last = line;
  System.out.println(last);
} }`

/** A program that fetches from a port of loopback by a name, trusting one authority. */
interface Client {
  readonly name: string
  readonly command: string
  arguments(ca: string, host: string, port: number): readonly string[]
}

describe('clients', function () {
  this.timeout(60_000)
  const folder = mkdtempSync(join(tmpdir(), 'caisson-clients-'))
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  const pythonFile = file('client.py', python)
  const javaFile = file('Client.java', java)
  const clients: readonly Client[] = [
    {
      name: 'curl',
      command: 'curl',
      arguments: (ca, host, port) =>
        `-sS --noproxy * --cacert ${ca} --connect-to ${host}:443:127.0.0.1:${port} https://${host}/`.split(
          ' ',
        ),
    },
    {
      name: 'Python in strict mode',
      command: 'python3',
      arguments: (ca, host, port) => [pythonFile, ca, host, String(port)],
    },
    {
      name: 'Node.js',
      command: process.execPath,
      arguments: (ca, host, port) => ['-e', node, ca, host, String(port)],
    },
    {
      name: 'Java',
      command: 'java',
      arguments: (ca, host, port) => [javaFile, ca, host, String(port)],
    },
    {
      name: 'openssl s_client in strict mode',
      command: 'openssl',
      arguments: (ca, host, port) =>
        `s_client -x509_strict -verify_return_error -ign_eof -quiet -CAfile ${ca} -verify_hostname ${host} -servername ${host} -connect 127.0.0.1:${port}`.split(
          ' ',
        ),
    },
  ]

  after(() => rmSync(folder, { recursive: true }))

  /** What the client printed, or that it failed. */
  async function fetchBy(
    client: Client,
    ca: string,
    [host, port]: [string, number],
  ): Promise<string> {
    const started = [...client.arguments(file('ca.pem', ca), host, port)]
    return new Promise((resolve) => {
      const child = execFile(client.command, started, { timeout: 20_000 }, (error, stdout) =>
        resolve(error === null ? (stdout.trim().split('\n').at(-1) ?? '') : 'failed'),
      )
      child.stdin?.end('GET / HTTP/1.1\r\n\r\n')
    })
  }

  /** A server that goes its own way: any chain, for whoever connects. */
  function serve(made: MadeUpAuthority, host: string): (socket: Socket) => void {
    return (socket) => {
      const secureContext = createSecureContext(made.server({ host }))
      const server = new TLSSocket(socket, { isServer: true, secureContext })
      server.on('error', () => undefined)
      server.once('data', () => server.end(answer))
    }
  }

  for (const client of clients) {
    const isThere = spawnSync(client.command, ['--version']).error === undefined
    const why = isThere ? '' : ` (skipped: no ${client.command} here)`
    describe(`${client.name}${why}`, () => {
      before(function () {
        if (why !== '') this.skip()
      })

      it('trusts the authority of its own sandbox, and not that of another', async () => {
        const names = [{ pattern: 'a.test', wildcard: false }]
        const [own, other] = ['one', 'two'].map((sandboxId) =>
          createAuthority({ sandboxId, names }),
        )
        if (own === undefined || other === undefined) throw new Error('no authority')
        const accept = (socket: Socket): void => void greet(socket)
        const greet = async (socket: Socket): Promise<void> => {
          const server = await terminateTls(socket, {
            authority: own,
            host: 'a.test',
            alpn: ['http/1.1'],
            limits: { tlsMs: 20_000 },
            first: null,
            signal: new AbortController().signal,
          }).catch(() => undefined)
          server?.once('data', () => server.end(answer))
        }
        await withListener(accept, async (port) => {
          const target: [string, number] = ['a.test', port]
          expect(await fetchBy(client, own.certificatePem, target)).to.equal('hello')
          expect(await fetchBy(client, other.certificatePem, target)).to.equal('failed')
        })
      })

      it('refuses what a stolen key signs for a name that was not allowed', async () => {
        const free = new MadeUpAuthority()
        const bound = new MadeUpAuthority(['a.test'])
        const results: string[] = []
        for (const made of [free, bound]) {
          await withListener(serve(made, 'b.test'), async (port) => {
            results.push(await fetchBy(client, made.pem, ['b.test', port]))
          })
        }
        await withListener(serve(bound, 'a.test'), async (port) => {
          results.push(await fetchBy(client, bound.pem, ['a.test', port]))
        })
        expect(results).to.deep.equal(['hello', 'failed', 'hello'])
      })
    })
  }

  it('are told of the constraints in a form that openssl reads', () => {
    const names = [
      { pattern: '*.b.test', wildcard: true },
      { pattern: 'a.test', wildcard: false },
    ]
    const { certificatePem } = createAuthority({ sandboxId: 'one', names })
    const shown = spawnSync('openssl', ['x509', '-noout', '-text'], { input: certificatePem })
    const text = String(shown.stdout).replaceAll(/\s+/g, ' ')
    for (const part of [
      'X509v3 Basic Constraints: critical CA:TRUE, pathlen:1',
      'X509v3 Key Usage: critical Certificate Sign, CRL Sign',
      'X509v3 Name Constraints: critical Permitted: DNS:a.test DNS:b.test',
      'Excluded: IP:0.0.0.0/0.0.0.0 IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0',
      'X509v3 Subject Key Identifier:',
      'Signature Algorithm: ecdsa-with-SHA256',
    ]) {
      expect(text).to.include(part)
    }
  })

  it('see a chain that openssl verify takes in strict mode', () => {
    const made = new MadeUpAuthority(['a.test'])
    const ca = file('root.pem', made.pem)
    const verify = (host: string): number | null => {
      const chain = file('chain.pem', made.server({ host }).cert)
      const strict = ['verify', '-x509_strict', '-CAfile', ca, '-untrusted', chain, chain]
      return spawnSync('openssl', strict).status
    }
    expect([verify('a.test'), verify('b.a.test'), verify('b.test')]).to.deep.equal([0, 0, 2])
  })
})
