import { budgetRefusal } from '../budget/ledger.ts'
import type { ConnectionRequest } from '../decide/request.ts'
import type { Client } from './client.ts'
import type { Engine } from './engine.ts'
import { asked } from './judge.ts'
import { relay, reset } from './relay.ts'
import type { Duplex } from 'node:stream'

/** A tunnel that was allowed and reached its upstream. */
export interface TunnelEnds {
  readonly request: ConnectionRequest
  readonly handling: 'tls' | 'opaque'
  readonly sequence: number
  readonly client: Client
  /** The client's bytes, from where it was let in. */
  readonly stream: Duplex
  readonly upstream: Duplex
  /** Read from the client already, and not sent yet. */
  readonly first: Buffer | null
}

/**
 * Carries a tunnel to its end, within the budgets, until it is idle or too old, and only while the newest
 * policy allows it. The bytes that would go over a budget are not sent.
 */
export async function runTunnel(engine: Engine, ends: TunnelEnds): Promise<void> {
  const { request, client, upstream, handling } = ends
  const startedMs = engine.now()
  let bytesOut = 0
  let bytesIn = 0
  const cut = (): void => {
    reset(ends.stream)
    client.destroy()
    reset(upstream)
  }
  const idle = engine.deadlines.start(engine.limits.idleMs, cut)
  const age = engine.deadlines.start(engine.limits.tunnelMs, cut)
  const { host } = request
  const forget = engine.open.addTunnel({ request, handling, cut })
  const meter = {
    out: (chunk: Buffer): boolean => {
      idle.touch()
      bytesOut += chunk.length
      const code = engine.ledger.spend(host, chunk.length, null)
      if (code !== null) void engine.judge.refuse(asked(request), budgetRefusal(code), client)
      return code === null
    },
    in: (chunk: Buffer): boolean => {
      idle.touch()
      bytesIn += chunk.length
      engine.received(chunk.length)
      return true
    },
  }
  try {
    if (ends.first !== null && !sendFirst(upstream, ends.first, meter)) cut()
    const outcome = await relay(ends.stream, upstream, meter)
    const durationMs = engine.now() - startedMs
    engine.recorder.finished(ends.sequence, {
      bytesOut,
      bytesIn,
      status: null,
      outcome,
      durationMs,
    })
  } finally {
    idle.done()
    age.done()
    forget()
  }
}

function sendFirst(
  upstream: Duplex,
  first: Buffer,
  meter: { out(chunk: Buffer): boolean },
): boolean {
  if (!meter.out(first)) return false
  upstream.write(first)
  return true
}
