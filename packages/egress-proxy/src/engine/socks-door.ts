import type { ConnectionRequest } from '../decide/request.ts'
import { canonicalHost } from '../names/canonical-host.ts'
import type { Refusal } from '../refusal.ts'
import type { SocksDestination } from '../socks/socks-message.ts'
import { socksCodeOf, socksCodes, socksReply } from '../socks/socks-reply.ts'
import { type SocksEvent, SocksSession } from '../socks/socks-session.ts'
import type { Client } from './client.ts'
import { endOnDeparture } from './departure.ts'
import type { Engine } from './engine.ts'
import { enter } from './enter.ts'
import { readUntil } from './first-bytes.ts'
import { namedPlace } from './named-place.ts'

interface Begun {
  readonly token: string | null
  readonly first: Buffer
}

/** A connection that speaks SOCKS5. What comes through it is judged as from every other door. */
export async function serveSocks(engine: Engine, client: Client, begun: Begun): Promise<void> {
  const greeted = await greet(engine, client, begun)
  if (greeted === null) return leave(client, null)
  if ('fault' in greeted) {
    const { code, fault } = greeted
    await engine.judge.refuse({ ...unread, port: null }, greetingRefusal(code, fault), client)
    return leave(client, null)
  }
  await attend(engine, client, greeted)
}

const unread = { door: 'socks', host: '', method: null, path: null } as const

/** A client that said where it wants to go. */
async function attend(
  engine: Engine,
  client: Client,
  destination: SocksDestination,
): Promise<void> {
  const host = canonicalHost(destination.host)
  const place = namedPlace(host, destination.port, engine.names)
  if ('code' in place) {
    const told = 'fault' in host ? '' : host.host
    await engine.judge.refuse({ ...unread, host: told, port: destination.port }, place, client)
    return leave(client, place)
  }
  const request: ConnectionRequest = { kind: 'connection', door: 'socks', ...place }
  const welcome = endOnDeparture(client.stream, engine.limits.unjudgedBytes)
  const ruling = await engine.judge.connection(request, client)
  if (!ruling.allowed) return leave(client, ruling.refusal)
  const threshold = {
    accept: () => {
      welcome()
      client.stream.write(socksReply(socksCodes.succeeded))
      return client.stream
    },
    refuse: (refusal: Refusal) => leave(client, refusal),
  }
  const { sequence, decision, policy: judgedBy } = ruling
  await enter(engine, {
    request,
    client,
    handling: decision.needs.handling,
    sequence,
    judgedBy,
    threshold,
  })
}

type Turned = Extract<SocksEvent, { kind: 'close' }>

/** The greeting, up to where the client wants to go, or why it does not come to that; `null`: no bytes. */
async function greet(
  engine: Engine,
  client: Client,
  { token, first }: Begun,
): Promise<SocksDestination | Turned | null> {
  const { stream } = client
  const session = new SocksSession(token)
  const take = (chunk: Buffer): SocksDestination | Turned | null => {
    for (const event of session.push(chunk)) {
      if (event.kind === 'reply') stream.write(event.bytes)
      else if (event.kind === 'close') return event
      else {
        if (event.rest.length > 0) stream.unshift(event.rest)
        return event.destination
      }
    }
    return null
  }
  return take(first) ?? readUntil(stream, engine.limits.greetingMs, take)
}

function greetingRefusal(code: Turned['code'], fault: string): Refusal {
  const remedy = 'use SOCKS 5, CONNECT, and the login of the proxy URL'
  return { code, rule: null, reason: fault, remedy }
}

function leave(client: Client, refusal: Refusal | null): void {
  if (refusal !== null) client.stream.write(socksReply(socksCodeOf(refusal.code)))
  client.stream.end(() => client.destroy())
}
