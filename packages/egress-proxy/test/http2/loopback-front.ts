import { once } from 'node:events'
import net from 'node:net'
import { connect, type ClientHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Exchange, ProtocolFault } from '../../dist/exchange.js'
import { serveHttp2, type Http2Front } from '../../dist/http2/front-listen.js'
import { defaultLimits, type ProxyLimits } from '../../dist/limits.js'
import { RawPeer } from './frames.ts'

/** Fronts on a port of the loopback, and the clients that were made of it. */
export class LoopbackFront {
  readonly port: number
  readonly faults: ProtocolFault[] = []
  readonly fronts: Http2Front[] = []
  readonly exchanges: Exchange[] = []
  readonly #server: net.Server
  readonly #sockets = new Set<net.Socket>()
  readonly #clients: { destroy(): void }[] = []

  private constructor(server: net.Server, sockets: Set<net.Socket>) {
    this.#server = server
    this.#sockets = sockets
    this.port = (server.address() as AddressInfo).port
  }

  static async open(
    onExchange: (exchange: Exchange) => void,
    limits: Partial<ProxyLimits> = {},
    idleMs = 60_000,
  ): Promise<LoopbackFront> {
    const sockets = new Set<net.Socket>()
    const server = net.createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const front = new LoopbackFront(server, sockets)
    server.on('connection', (socket) => {
      sockets.add(socket)
      const events = {
        onExchange: (exchange: Exchange): void => {
          front.exchanges.push(exchange)
          onExchange(exchange)
        },
        onFault: (fault: ProtocolFault): void => {
          front.faults.push(fault)
        },
      }
      front.fronts.push(
        serveHttp2(socket, { events, limits: { ...defaultLimits, ...limits }, idleMs }),
      )
    })
    return front
  }

  client(): ClientHttp2Session {
    const client = connect(`http://127.0.0.1:${this.port}`)
    client.on('error', () => undefined)
    this.#clients.push(client)
    return client
  }

  async raw(): Promise<RawPeer> {
    const peer = await RawPeer.connect(this.port)
    this.#clients.push({ destroy: () => peer.end() })
    return peer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.destroy()
    for (const front of this.fronts) front.destroy()
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
