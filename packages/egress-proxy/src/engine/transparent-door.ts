import type { Duplex } from 'node:stream'
import type { Client } from './client.ts'
import type { Engine } from './engine.ts'
import { endOnDeparture } from './departure.ts'
import { enter } from './enter.ts'
import type { Refusal } from '../refusal.ts'

/**
 * A connection to an address that the resolver gave for a name, by a program that knows of no proxy. The
 * address says which name was meant; one that was given to nobody leads nowhere.
 */
export async function serveTransparent(
  engine: Engine,
  client: Client,
  at: { readonly address: string; readonly port: number },
): Promise<void> {
  try {
    const host = engine.names.nameOf(at.address)
    const door = at.port === 80 ? 'plain' : 'tls'
    if (host === null) return await turnAway(engine, client, { door, port: at.port })
    const request = { kind: 'connection', door, host, port: at.port } as const
    const welcome = endOnDeparture(client.stream, engine.limits.unjudgedBytes)
    const ruling = await engine.judge.connection(request, client)
    if (!ruling.allowed) return client.destroy()
    const { sequence, decision, policy: judgedBy } = ruling
    const { handling } = decision.needs
    const accept = (): Duplex => {
      welcome()
      return client.stream
    }
    const threshold = { accept, refuse: () => client.destroy() }
    await enter(engine, { request, client, handling, sequence, judgedBy, threshold })
  } catch {
    client.destroy()
  }
}

async function turnAway(
  engine: Engine,
  client: Client,
  { door, port }: { readonly door: 'plain' | 'tls'; readonly port: number },
): Promise<void> {
  await engine.judge.refuse({ door, host: '', port, method: null, path: null }, unnamed, client)
  client.destroy()
}

const unnamed: Refusal = Object.freeze({
  code: 'address_literal',
  rule: null,
  reason: 'the address stands for no name',
  remedy: 'use the name of the host, and ask the resolver of the sandbox for its address',
})
