import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { Duplex } from 'node:stream'
import type { TestAuthority } from '@caisson/egress-proxy/testing'

/** A request that came in whole. */
export interface SeenRequest {
  readonly method: string
  readonly host: string
  readonly path: string
  /** Bytes of its body. */
  readonly bytes: number
}

/** A server on the loopback of the host that stands in for any service on the internet. */
export interface Origin {
  readonly port: number
  /** Requests that came to their end, in order. */
  seen(): readonly SeenRequest[]
  /** The fields of their headers, in the same order. */
  heads(): readonly IncomingHttpHeaders[]
  /** Requests whose header came, whole or not. */
  begun(): number
  /** Connections that were ever made to it. */
  arrivals(): number
  /** Connections that are open now. */
  openConnections(): number
}

/** What it answers to a request. */
export function answerOf(method: string, host: string, path: string): string {
  return `${method} ${host}${path} was here`
}

/** Below this path it answers with the header that came, as servers do that help to find faults. */
export const echoPath = '/echo'

/** Starts one with certificates for every name; `defer` ends it after the behaviour. */
export async function startOrigin(
  authority: TestAuthority,
  defer: (cleanup: () => Promise<unknown> | void) => void,
): Promise<Origin> {
  const seen: SeenRequest[] = []
  const heads: IncomingHttpHeaders[] = []
  const open = new Set<Duplex>()
  let begun = 0
  let arrivals = 0
  const server = createServer({
    SNICallback: (name, callback) => callback(null, authority.contextFor(name)),
  })
  server.on('request', (request, response) => {
    begun += 1
    take(request, response, (one) => {
      seen.push(one)
      heads.push(request.headers)
    })
  })
  server.on('connection', (socket: Duplex) => {
    arrivals += 1
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => socket.destroy())
  })
  server.on('tlsClientError', (_, socket) => socket.destroy())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  defer(async () => {
    for (const socket of open) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  const bound = server.address()
  return {
    port: typeof bound === 'string' ? 0 : (bound?.port ?? 0),
    seen: () => seen,
    heads: () => heads,
    begun: () => begun,
    arrivals: () => arrivals,
    openConnections: () => open.size,
  }
}

function take(
  request: IncomingMessage,
  response: ServerResponse,
  note: (seen: SeenRequest) => void,
): void {
  const { method = '', url: path = '' } = request
  const host = request.headers.host ?? ''
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
  })
  request.on('error', () => response.destroy())
  response.on('error', () => response.destroy())
  request.on('end', () => {
    note({ method, host, path, bytes })
    const text = answerOf(method, host, path)
    response.end(path.startsWith(echoPath) ? `${text} ${JSON.stringify(request.headers)}` : text)
  })
}
