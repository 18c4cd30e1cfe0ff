import type { ConnectionRequest } from '../decide/request.ts'
import type { Destination } from '../dial/dial.ts'
import type { Exchange } from '../exchange.ts'
import { parseAuthority } from '../names/authority.ts'
import type { Refusal } from '../refusal.ts'
import type { Asked, Client } from './client.ts'
import type { Engine } from './engine.ts'
import { enter } from './enter.ts'
import { openingOf, readFirst } from './first-bytes.ts'
import { namedPlace } from './named-place.ts'
import { pathJudge } from './path-judge.ts'
import { isTokenIn } from './proxy-token.ts'
import { answerRefusal } from './refusal-answer.ts'
import { serveRequests } from './serve-requests.ts'
import { serveSocks } from './socks-door.ts'

/** A connection to the proxy door: HTTP or SOCKS5, told apart by the first byte. */
export async function serveProxy(
  engine: Engine,
  client: Client,
  token: string | null,
): Promise<void> {
  try {
    const first = await readFirst(client.stream, engine.limits.greetingMs)
    const opening = first === null ? 'unknown' : openingOf(first)
    if (first !== null && opening === 'socks5')
      return await serveSocks(engine, client, { token, first })
    if (first !== null && opening !== 'http') await engine.judge.refuse(nowhere, unknown, client)
    if (first === null || opening !== 'http') return client.destroy()
    serveHttpProxy(engine, client, { token, first })
  } catch {
    client.destroy()
  }
}

function serveHttpProxy(
  engine: Engine,
  client: Client,
  { token, first }: { readonly token: string | null; readonly first: Buffer },
): void {
  const channel = {
    door: 'http',
    scheme: 'http',
    destination: null,
    ...pathJudge(engine),
  } as const
  const served = { stream: client.stream, protocol: 'http/1.1', client, channel, first } as const
  serveRequests(engine, served, {
    refuses: ({ head }) => (token === null || isTokenIn(head.headers, token) ? null : unauthorized),
    onConnect: (exchange) => void connect(engine, client, exchange),
  })
}

/** HTTP CONNECT (RFC 9110, 9.3.6). What comes through is judged by itself. */
async function connect(engine: Engine, client: Client, exchange: Exchange): Promise<void> {
  try {
    const place = readPlace(engine, exchange)
    if ('code' in place) {
      await engine.judge.refuse(askedOf(exchange.head.target), place, client)
      return answerRefusal(exchange, place)
    }
    const request: ConnectionRequest = { kind: 'connection', door: 'connect', ...place }
    const ruling = await engine.judge.connection(request, client)
    if (!ruling.allowed) return answerRefusal(exchange, ruling.refusal)
    const { sequence, decision, policy: judgedBy } = ruling
    const threshold = {
      accept: () => exchange.switchTo({ status: 200, headers: [] }),
      refuse: (refusal: Refusal) => answerRefusal(exchange, refusal),
    }
    await enter(engine, {
      request,
      client,
      handling: decision.needs.handling,
      sequence,
      judgedBy,
      threshold,
    })
  } catch {
    client.destroy()
  }
}

/** What a refused CONNECT is told by: an address too, though it was chosen inside. */
function askedOf(target: string): Asked {
  const read = parseAuthority(target, null)
  const { host, port } = 'fault' in read ? { host: '', port: null } : read
  return { door: 'connect', host, port, method: null, path: null }
}

/** Where a CONNECT leads; its `Host`, if it has one, must say the same. */
function readPlace(engine: Engine, { head, body }: Exchange): Destination | Refusal {
  if (body !== null) return malformed('a CONNECT with a body is none')
  const target = parseAuthority(head.target, null)
  if ('fault' in target) return namedPlace(target, 0, engine.names)
  const said = head.authority === null ? target : parseAuthority(head.authority, target.port)
  if ('fault' in said || said.host !== target.host || said.port !== target.port)
    return { ...malformed('Host is not the target of the CONNECT'), code: 'authority_mismatch' }
  return namedPlace(target, target.port, engine.names)
}

function malformed(reason: string): Refusal {
  return { code: 'bad_request', rule: null, reason, remedy: 'write the request in its plain form' }
}

const nowhere = { door: 'http', host: '', port: null, method: null, path: null } as const

const unknown: Refusal = Object.freeze({
  code: 'bad_request',
  rule: null,
  reason: 'a connection to the proxy begins with neither HTTP nor SOCKS5',
  remedy: 'speak HTTP/1.1 or SOCKS5 to the proxy',
})

const unauthorized: Refusal = Object.freeze({
  code: 'unauthorized',
  rule: null,
  reason: 'this proxy wants a token, and the request has none, or a wrong one',
  remedy: 'use the proxy URL as it was given out, user name and password included',
})
