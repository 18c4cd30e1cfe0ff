import type { Duplex } from 'node:stream'
import type { Exchange, FrontEvents } from '../exchange.ts'
import { serveHttp1 } from '../http1/front.ts'
import { serveHttp2 } from '../http2/front-listen.ts'
import type { Client } from './client.ts'
import type { Engine } from './engine.ts'
import { handleExchange } from './handle-exchange.ts'
import type { Channel } from './read-request.ts'
import { answerRefusal } from './refusal-answer.ts'
import { faultRefusal, type Refusal } from '../refusal.ts'

/** A connection on which requests are spoken. */
export interface Served {
  readonly stream: Duplex
  readonly protocol: 'http/1.1' | 'h2'
  readonly client: Client
  readonly channel: Channel
  /** Read already. */
  readonly first: Buffer | null
}

/** What the proxy door does before a request is read any further. */
export interface ProxyManners {
  /** Why nothing of this client is taken, or `null`. */
  refuses(exchange: Exchange): Refusal | null
  /** Takes requests for a tunnel. */
  onConnect(exchange: Exchange): void
}

/** Takes requests from a connection until it ends. */
export function serveRequests(
  engine: Engine,
  { stream, protocol, client, channel, first }: Served,
  proxy?: ProxyManners,
): void {
  const { limits } = engine
  const { destination, door } = channel
  const refuseUnread = async (refusal: Refusal, exchange: Exchange): Promise<void> => {
    const unread = { door, host: '', port: null, method: exchange.head.method, path: null }
    await engine.judge.refuse(unread, refusal, client)
    answerRefusal(exchange, refusal)
  }
  const events: FrontEvents = {
    onExchange: (exchange) => {
      const refusal = proxy?.refuses(exchange) ?? null
      if (refusal !== null) void refuseUnread(refusal, exchange)
      else if (exchange.head.method === 'CONNECT' && proxy !== undefined) proxy.onConnect(exchange)
      else void handleExchange(engine, exchange, { client, channel })
    },
    onFault: ({ message }) => {
      const { host = '', port = null } = destination ?? {}
      const asked = { door, host, port, method: null, path: null }
      void engine.judge.refuse(asked, faultRefusal(message), client)
    },
  }
  const idleMs = limits.idleMs
  if (protocol === 'h2') serveHttp2(stream, { events, limits, idleMs })
  else {
    const begun = first === null ? {} : { first }
    serveHttp1(stream, { events, limits, idleMs, allowConnect: proxy !== undefined, ...begun })
  }
}
