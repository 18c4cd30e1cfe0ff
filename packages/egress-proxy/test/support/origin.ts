import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type SecureServerOptions,
} from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { createTestAuthority, type TestAuthority } from '../../dist/testing.js'

/** A request as an origin saw it. */
export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly version: string
  readonly body: string
  /** Names and values as they came, doubled ones too. */
  readonly raw: readonly string[]
  readonly trailers: IncomingMessage['trailers']
  /** Of its connection, in the order of their first requests. */
  readonly connection: number
  /** What the certificate says that its client showed, if any. */
  readonly client: string | null
}

export type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void

/** A server on loopback that stands in for any https origin, and keeps what it saw. */
export class Origin implements AsyncDisposable {
  readonly seen: Seen[] = []
  readonly sockets = new Set<Socket>()
  connections = 0
  /** Requests whose header came, complete or not. */
  begun = 0
  /** Requests that were broken off before their end. */
  aborted = 0
  /** Bytes of bodies, of requests that were broken off too. */
  bodyBytes = 0
  /** All that came in bodies, one behind the other. */
  bodyText = ''
  readonly #server: Http2SecureServer | ReturnType<typeof createHttpServer>
  readonly #known: object[] = []

  private constructor(server: Origin['server']) {
    this.#server = server
    server.on('connection', (socket: Socket) => {
      this.connections += 1
      this.sockets.add(socket)
      socket.on('close', () => this.sockets.delete(socket))
      socket.on('error', () => undefined)
    })
  }

  /** TLS, HTTP/2 and HTTP/1.1 by ALPN. */
  static tls(
    authority: TestAuthority = createTestAuthority(),
    answer: Answer = hello,
    more: SecureServerOptions = {},
  ): Promise<Origin> {
    const server = createSecureServer({
      allowHTTP1: true,
      SNICallback: (name, callback) => callback(null, authority.contextFor(name)),
      ...more,
    })
    return Origin.#begin(server, answer)
  }

  /** Plain HTTP. */
  static plain(answer: Answer = hello): Promise<Origin> {
    return Origin.#begin(createHttpServer(), answer)
  }

  static async #begin(server: Origin['server'], answer: Answer): Promise<Origin> {
    const origin = new Origin(server)
    server.on('sessionError', () => undefined)
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      origin.#take(request, response, answer)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return origin
  }

  #take(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
    const chunks: Buffer[] = []
    let ended = false
    this.begun += 1
    request.on('data', (chunk: Buffer) => {
      this.bodyBytes += chunk.length
      if (this.bodyText.length < mostText) this.bodyText += chunk.toString('latin1')
      chunks.push(chunk)
    })
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    const abort = (): void => {
      if (!ended) this.aborted += 1
      ended = true
    }
    request.on('aborted', abort)
    request.on('end', () => {
      // Node ends the body of a stream that was reset, too (HTTP/2).
      if (request.aborted || wasReset(request)) return abort()
      ended = true
      const body = Buffer.concat(chunks)
      const { method = '', url = '', headers, httpVersion, rawHeaders, trailers } = request
      this.seen.push({
        method,
        url,
        headers,
        version: httpVersion,
        body: body.toString(),
        raw: rawHeaders,
        trailers,
        connection: this.#connectionOf(request),
        client: clientOf(request),
      })
      answer(request, response, body)
    })
  }

  #connectionOf(request: IncomingMessage | Http2ServerRequest): number {
    const socket = socketOf(request)
    if (!this.#known.includes(socket)) this.#known.push(socket)
    return this.#known.indexOf(socket)
  }

  get server(): Http2SecureServer | ReturnType<typeof createHttpServer> {
    return this.#server
  }

  /** `127.0.0.1:port`, for the option `hosts`. */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** Of large uploads the beginning says enough. */
const mostText = 1_048_576

function socketOf(request: IncomingMessage | Http2ServerRequest): object {
  return 'stream' in request ? (request.stream.session ?? request) : request.socket
}

function clientOf(request: IncomingMessage | Http2ServerRequest): string | null {
  const socket = 'stream' in request ? request.stream.session?.socket : request.socket
  const shown = (socket as TLSSocket | undefined)?.getPeerCertificate?.()
  const name = shown?.subject?.CN
  return name === undefined ? null : String(name)
}

function wasReset(request: IncomingMessage | Http2ServerRequest): boolean {
  return 'stream' in request && request.stream.rstCode !== 0
}

function hello(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('content-type', 'text/plain')
  response.end(`hello from ${request.url ?? ''}`)
}
