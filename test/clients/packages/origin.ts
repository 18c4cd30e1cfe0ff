import { once } from 'node:events'
import { createServer as createPlain, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecure } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TestAuthority } from '@caisson/egress-proxy/testing'

/** A request as the origin saw it. */
export interface SeenRequest {
  readonly method: string
  /** Path and query, as they were on the wire. */
  readonly target: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Buffer
}

/** What an origin answers. */
export interface Answer {
  /** Default 200. */
  readonly status?: number
  /** Default `application/octet-stream`. */
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  /** In pieces, each is sent by itself. */
  readonly body: string | Uint8Array | readonly string[]
}

/** Content of an origin; `null` is 404. */
export type Site = (request: SeenRequest) => Answer | null | Promise<Answer | null>

/** A server on the loopback interface of the host, which stands in for one on the internet. */
export interface Origin extends AsyncDisposable {
  readonly port: number
  /** What came, in order. */
  readonly requests: readonly SeenRequest[]
  /** `GET /path` of each. */
  readonly seen: readonly string[]
  /** Connections, whether or not a request came through. */
  readonly connections: number
}

/** Opens an origin: with an authority it speaks HTTPS, without one plain HTTP. */
export async function openOrigin(site: Site, authority?: TestAuthority): Promise<Origin> {
  const requests: SeenRequest[] = []
  const onRequest = (message: IncomingMessage, response: ServerResponse): void =>
    void serve({ site, requests, message, response })
  const server = authority ? createSecure(showing(authority), onRequest) : createPlain(onRequest)
  let connections = 0
  server.on('connection', () => (connections += 1))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    get seen() {
      return requests.map(({ method, target }) => `${method} ${target}`)
    },
    get connections() {
      return connections
    },
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function showing(authority: TestAuthority): Parameters<typeof createSecure>[0] {
  return { SNICallback: (name, done) => done(null, authority.contextFor(name)) }
}

interface Served {
  readonly site: Site
  readonly requests: SeenRequest[]
  readonly message: IncomingMessage
  readonly response: ServerResponse
}

async function serve({ site, requests, message, response }: Served): Promise<void> {
  try {
    const chunks: Buffer[] = []
    for await (const chunk of message) chunks.push(chunk as Buffer)
    const { method = '', url = '', headers } = message
    const request = { method, target: url, headers, body: Buffer.concat(chunks) }
    requests.push(request)
    const answer: Answer = (await site(request)) ?? { status: 404, body: 'not found\n' }
    const type = answer.type ?? 'application/octet-stream'
    response.writeHead(answer.status ?? 200, { 'content-type': type, ...answer.headers })
    const { body } = answer
    if (typeof body === 'string' || body instanceof Uint8Array) return void response.end(body)
    for (const piece of body) response.write(piece)
    response.end()
  } catch {
    // The client went away in the middle of its request.
    response.destroy()
  }
}
