import { once } from 'node:events'
import {
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2'
import net, { type AddressInfo } from 'node:net'
import type { Call, UpstreamConnection } from '../../dist/exchange.js'
import type { Body, Field, OutgoingHead, ResponseHead } from '../../dist/http-message.js'
import { connectHttp2 } from '../../dist/http2/upstream-dial.js'
import { defaultLimits, type ProxyLimits } from '../../dist/limits.js'
import { collect, type Collected } from './bodies.ts'

/** How a call went. */
export interface Outcome {
  readonly informed: number[]
  readonly head: ResponseHead | null
  readonly body: Body | null
  readonly error: Error | null
  readonly unsent: boolean
}

export function outgoing(change: Partial<OutgoingHead> = {}): OutgoingHead {
  return {
    method: 'GET',
    scheme: 'https',
    authority: 'a.test',
    target: '/',
    headers: [],
    upgrade: null,
    ...change,
  }
}

/** Sends a request, and waits for what comes of it first. */
export function ask(
  upstream: UpstreamConnection,
  head: OutgoingHead = outgoing(),
  body: Body | null = null,
): { readonly call: Call; readonly outcome: Promise<Outcome> } {
  const informed: number[] = []
  let settle: (outcome: Outcome) => void = () => undefined
  const outcome = new Promise<Outcome>((resolve) => (settle = resolve))
  const call = upstream.request(head, body, {
    informed: (status) => informed.push(status),
    responded: (head, body) => settle({ informed, head, body, error: null, unsent: false }),
    switched: () =>
      settle({ informed, head: null, body: null, error: new Error('switched'), unsent: false }),
    failed: (error, unsent) => settle({ informed, head: null, body: null, error, unsent }),
  })
  return { call, outcome }
}

/** Asks, and reads the answer to its end. */
export async function fetchAll(
  upstream: UpstreamConnection,
  head?: OutgoingHead,
  body?: Body,
): Promise<Collected & { readonly status: number; readonly headers: readonly Field[] }> {
  const outcome = await ask(upstream, head, body).outcome
  if (outcome.head === null) throw outcome.error ?? new Error('no answer')
  return { ...(await collect(outcome.body)), ...outcome.head }
}

/** An upstream on the loopback, and connections to it. */
export class LoopbackUpstream {
  readonly port: number
  readonly sessions: ServerHttp2Session[] = []
  readonly #server: net.Server | Http2Server
  readonly #closing: (() => void)[] = []

  private constructor(server: net.Server | Http2Server) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
  }

  /** An upstream by node:http2. */
  static async open(
    onStream: (stream: ServerHttp2Stream, headers: Record<string, unknown>) => void,
    options: ServerOptions = {},
  ): Promise<LoopbackUpstream> {
    const server = createServer(options)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const upstream = new LoopbackUpstream(server)
    server.on('session', (session) => {
      session.on('error', () => undefined)
      upstream.sessions.push(session)
    })
    server.on('stream', (stream, headers) => {
      stream.on('error', () => undefined)
      onStream(stream, headers)
    })
    return upstream
  }

  /** An upstream that writes bytes of its own making. */
  static async raw(onConnection: (socket: net.Socket) => void): Promise<LoopbackUpstream> {
    const server = net.createServer((socket) => {
      socket.on('error', () => undefined)
      onConnection(socket)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new LoopbackUpstream(server)
  }

  async connect(limits: Partial<ProxyLimits> = {}): Promise<UpstreamConnection> {
    const socket = net.connect(this.port, '127.0.0.1')
    await once(socket, 'connect')
    const connection = connectHttp2(socket, {
      limits: { ...defaultLimits, ...limits },
      authority: 'a.test',
    })
    this.#closing.push(() => connection.destroy())
    return connection
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closing) close()
    for (const session of this.sessions) session.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
