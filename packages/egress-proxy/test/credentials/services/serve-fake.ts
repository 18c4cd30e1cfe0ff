import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createTestAuthority, type TestAuthority } from '../../../dist/testing.js'
import type { FakeHandler } from './fake-service.ts'

/** A fake that listens on loopback. */
export interface ServedFake {
  /** `http://127.0.0.1:…`, or `https://<host>:…`, which has to be led to loopback. */
  readonly origin: string
  readonly port: number
  /** What has to be trusted; PEM. `null` for HTTP. */
  readonly certificate: string | null
  close(): Promise<void>
}

/** Serves over HTTP, on 127.0.0.1. */
export function serveFake(handler: FakeHandler): Promise<ServedFake> {
  return listening(createServer(listener(handler)), (port) => ({
    origin: `http://127.0.0.1:${port}`,
    certificate: null,
  }))
}

/** Serves over TLS, at 127.0.0.1, as this host, by an authority of its own. */
export function serveSecureFake(
  handler: FakeHandler,
  host: string,
  authority: TestAuthority = createTestAuthority(),
): Promise<ServedFake> {
  const context = authority.contextFor(host)
  const server = createSecureServer(
    { SNICallback: (_name, done) => done(null, context) },
    listener(handler),
  )
  return listening(server, (port) => ({
    origin: `https://${host}:${port}`,
    certificate: authority.certificate,
  }))
}

function listener(handler: FakeHandler): RequestListener {
  return (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const {
        status,
        headers = {},
        body,
      } = handler({
        method: request.method ?? '',
        path: request.url ?? '',
        headers: singleHeaders(request),
        body: Buffer.concat(chunks),
      })
      response.writeHead(status, headers).end(body)
    })
  }
}

function singleHeaders(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  )
}

async function listening(
  server: ReturnType<typeof createServer> | ReturnType<typeof createSecureServer>,
  told: (port: number) => Pick<ServedFake, 'origin' | 'certificate'>,
): Promise<ServedFake> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const close = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeAllConnections()
    await closed
  }
  return { ...told(port), port, close }
}
