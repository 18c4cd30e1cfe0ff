import type { ConnectionRequest } from '../decide/request.ts'
import { canonicalHost } from '../names/canonical-host.ts'
import type { Refusal } from '../refusal.ts'
import type { SocksDestination } from '../socks/socks-message.ts'
import { socksCodeOf, socksCodes, socksReply } from '../socks/socks-reply.ts'
import { SocksSession } from '../socks/socks-session.ts'
import type { Client } from './client.ts'
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
  const destination = await greet(engine, client, begun)
  if (destination === null) return leave(client, null)
  const place = namedPlace(canonicalHost(destination.host), destination.port, engine.names)
  if ('code' in place) {
    const { port } = destination
    const asked = { door: 'socks', host: '', port, method: null, path: null } as const
    await engine.judge.refuse(asked, place, client)
    return leave(client, place)
  }
  const request: ConnectionRequest = { kind: 'connection', door: 'socks', ...place }
  const ruling = await engine.judge.connection(request, client)
  if (!ruling.allowed) return leave(client, ruling.refusal)
  const threshold = {
    accept: () => {
      client.stream.write(socksReply(socksCodes.succeeded))
      return client.stream
    },
    refuse: (refusal: Refusal) => leave(client, refusal),
  }
  const { sequence, decision } = ruling
  await enter(engine, { request, client, handling: decision.needs.handling, sequence, threshold })
}

/** The greeting, up to where the client wants to go; `null` when it is turned away. */
async function greet(
  engine: Engine,
  client: Client,
  { token, first }: Begun,
): Promise<SocksDestination | null> {
  const { stream } = client
  const session = new SocksSession(token)
  const take = (chunk: Buffer): { readonly to: SocksDestination | null } | null => {
    for (const event of session.push(chunk)) {
      if (event.kind === 'reply') stream.write(event.bytes)
      else if (event.kind === 'close') return { to: null }
      else {
        if (event.rest.length > 0) stream.unshift(event.rest)
        return { to: event.destination }
      }
    }
    return null
  }
  const read = take(first) ?? (await readUntil(stream, engine.limits.greetingMs, take))
  return read?.to ?? null
}

function leave(client: Client, refusal: Refusal | null): void {
  if (refusal !== null) client.stream.write(socksReply(socksCodeOf(refusal.code)))
  client.stream.end(() => client.destroy())
}
