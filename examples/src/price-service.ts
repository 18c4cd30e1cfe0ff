import { createTestAuthority } from '@caisson/egress-proxy/testing'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

/** A server on this machine that stands in for one on the internet. */
export interface PriceService extends AsyncDisposable {
  /** For the option `egress` of a sandbox: where the name leads, and whom to trust. */
  readonly egress: { readonly hosts: Readonly<Record<string, string>>; readonly trust: string }
  /** What arrived: `GET /today`. */
  readonly seen: readonly string[]
  /** The key with which each of them came; empty where there was none. */
  readonly keys: readonly string[]
}

export const priceHost = 'prices.example.test'

/** Serves prices over https, under a name that exists nowhere else. */
export async function priceService(): Promise<PriceService> {
  const seen: string[] = []
  const keys: string[] = []
  const sockets = new Set<Socket>()
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const key = String(request.headers['x-api-key'] ?? '')
    seen.push(`${request.method} ${request.url}`)
    keys.push(key)
    response.end(request.url === '/mirror' ? `your key is ${key}` : 'a round is 12.50')
  }
  // #region stand-in
  const authority = createTestAuthority()
  const server = createServer(
    { SNICallback: (name, callback) => callback(null, authority.contextFor(name)) },
    answer,
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const egress = {
    hosts: { 'prices.example.test:443': `127.0.0.1:${port}` },
    trust: authority.certificate,
  }
  // #endregion
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  return {
    egress,
    seen,
    keys,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
