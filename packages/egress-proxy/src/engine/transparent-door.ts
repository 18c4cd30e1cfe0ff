import type { Client } from './client.ts'
import type { Engine } from './engine.ts'
import { enter } from './enter.ts'

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
    if (host === null) return client.destroy()
    const door = at.port === 80 ? 'plain' : 'tls'
    const request = { kind: 'connection', door, host, port: at.port } as const
    const ruling = await engine.judge.connection(request, client)
    if (!ruling.allowed) return client.destroy()
    const { sequence, decision } = ruling
    const { handling } = decision.needs
    const threshold = { accept: () => client.stream, refuse: () => client.destroy() }
    await enter(engine, { request, client, handling, sequence, threshold })
  } catch {
    client.destroy()
  }
}
