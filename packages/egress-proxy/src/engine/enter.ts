import type { Duplex } from 'node:stream'
import type { Handling } from '../decide/decision.ts'
import type { CompiledPolicy } from '../decide/policy.ts'
import type { ConnectionRequest } from '../decide/request.ts'
import { budgetRefusal } from '../budget/ledger.ts'
import { type Refusal, RefusalError } from '../refusal.ts'
import { negotiatedProtocol, terminateTls } from '../tls/terminate-listen.ts'
import type { Client } from './client.ts'
import {
  helloRefusal,
  readClientHello,
  type ReadHello,
  unrecognizedName,
} from './client-hello-check.ts'
import type { Engine } from './engine.ts'
import { openingOf, readFirst } from './first-bytes.ts'
import { pathJudge } from './path-judge.ts'
import { asked } from './judge.ts'
import type { Channel } from './read-request.ts'
import { serveRequests } from './serve-requests.ts'
import { noLongerAllowed, stillAllows } from './still-allows.ts'
import type { Threshold } from './threshold.ts'
import { runTunnel } from './tunnel.ts'

/** A connection that was allowed, and what came of it so far. */
export interface Admitted {
  readonly request: ConnectionRequest
  readonly client: Client
  /** What may come through it. */
  readonly handling: readonly Handling[]
  readonly sequence: number
  /** The policy that allowed it. */
  readonly judgedBy: CompiledPolicy
  readonly threshold: Threshold
}

/**
 * Sees an allowed connection through: what comes first decides what it is, and only what the rules name
 * may come. Never rejects: whatever is unforeseen ends the connection.
 */
export async function enter(engine: Engine, admitted: Admitted): Promise<void> {
  try {
    // Where any bytes may go nothing is looked at: the upstream may be the one that speaks first.
    if (admitted.handling.includes('opaque')) await openTunnel(engine, admitted)
    else await look(engine, admitted, admitted.threshold.accept())
  } catch {
    admitted.client.destroy()
  }
}

/** What was let in, and must show what it is. */
async function look(engine: Engine, admitted: Admitted, stream: Duplex): Promise<void> {
  const first = await readFirst(stream, engine.limits.clientHelloMs)
  if (first === null) return admitted.client.destroy()
  const seen: Seen = { ...admitted, stream, first }
  const opening = openingOf(first)
  if (opening === 'tls') await enterTls(engine, seen)
  else if (opening === 'http') enterHttp(engine, seen)
  else await turnAway(engine, seen, wrongProtocol(admitted.handling))
}

type Seen = Omit<Admitted, 'threshold'> & { readonly stream: Duplex; readonly first: Buffer }

async function enterTls(engine: Engine, seen: Seen): Promise<void> {
  const { handling, request, stream } = seen
  const inside = handling.includes('tls') ? 'tunnel' : 'intercepted'
  if (inside === 'intercepted' && !handling.includes('intercept'))
    return turnAway(engine, seen, wrongProtocol(handling))
  const read = await readClientHello(stream, seen.first, engine.limits)
  if ('code' in read) return turnAway(engine, seen, read)
  const refusal = helloRefusal(read.hello, request.host, inside)
  if (refusal !== null) {
    stream.write(unrecognizedName)
    return turnAway(engine, seen, refusal)
  }
  if (inside === 'tunnel') return tlsTunnel(engine, seen, read.bytes)
  return intercept(engine, seen, read)
}

async function intercept(engine: Engine, seen: Seen, read: ReadHello): Promise<void> {
  const { request, client, stream } = seen
  if (!engine.handshakes.take(engine.now()))
    return turnAway(engine, seen, budgetRefusal('rate_limited'))
  try {
    const secured = await terminateTls(stream, {
      authority: engine.authority,
      host: request.host,
      alpn: ['h2', 'http/1.1'],
      limits: engine.limits,
      first: read.bytes,
      signal: client.signal,
    })
    serveRequests(engine, {
      stream: secured,
      protocol: negotiatedProtocol(secured),
      client,
      channel: channelOf(engine, request, 'https'),
      first: null,
    })
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error
    await turnAway(engine, seen, error.refusal)
  }
}

/** Plain HTTP is answered in plain HTTP, where it is refused as well: the client reads why. */
function enterHttp(engine: Engine, seen: Seen): void {
  const { request, client, stream, first } = seen
  const channel = channelOf(engine, request, 'http')
  serveRequests(engine, { stream, protocol: 'http/1.1', client, channel, first })
}

function channelOf(engine: Engine, request: ConnectionRequest, scheme: 'https' | 'http'): Channel {
  const { door, host, port } = request
  return { door, scheme, destination: { host, port }, ...pathJudge(engine) }
}

/** Dials before the client is let in, so that it hears why when that fails. */
async function openTunnel(engine: Engine, admitted: Admitted): Promise<void> {
  const { threshold } = admitted
  await dialled(engine, admitted, {
    handling: 'opaque',
    refuse: (refusal) => threshold.refuse(refusal),
    run: async (upstream) => {
      const stream = threshold.accept()
      await runTunnel(engine, { ...admitted, stream, upstream, handling: 'opaque', first: null })
    },
  })
}

async function tlsTunnel(engine: Engine, seen: Seen, first: Buffer): Promise<void> {
  await dialled(engine, seen, {
    handling: 'tls',
    refuse: () => leave(seen),
    run: (upstream) => runTunnel(engine, { ...seen, upstream, handling: 'tls', first }),
  })
}

interface Continuation {
  readonly handling: Handling
  readonly refuse: (refusal: Refusal) => void
  readonly run: (upstream: Duplex) => Promise<void>
}

async function dialled(
  engine: Engine,
  { request, client, judgedBy }: Pick<Admitted, 'request' | 'client' | 'judgedBy'>,
  then: Continuation,
): Promise<void> {
  const refuse = async (refusal: Refusal): Promise<void> => {
    await engine.judge.refuse(asked(request), refusal, client)
    then.refuse(refusal)
  }
  const code = engine.ledger.openTunnel()
  if (code !== null) return refuse(budgetRefusal(code))
  const { host, port } = request
  try {
    const upstream = await engine.dialer.connect({ host, port }, client.signal)
    // Dialling takes its time. From here on the tunnel is on the list that a newer policy goes through.
    const carried = { request, handling: then.handling }
    if (stillAllows(engine.policy(), carried, judgedBy)) await runOrDestroy(upstream, then.run)
    else {
      upstream.destroy()
      await refuse(noLongerAllowed)
    }
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error
    await refuse(error.refusal)
  } finally {
    engine.ledger.closeTunnel()
  }
}

/** The client may have left just now: then nobody takes the upstream over. */
async function runOrDestroy(upstream: Duplex, run: Continuation['run']): Promise<void> {
  try {
    await run(upstream)
  } catch (error) {
    upstream.destroy()
    throw error
  }
}

async function turnAway(engine: Engine, seen: Seen, refusal: Refusal): Promise<void> {
  await engine.judge.refuse(asked(seen.request), refusal, seen.client)
  leave(seen)
}

/** Lets what was written last, an alert, reach the client. */
function leave({ stream, client }: Pick<Seen, 'stream' | 'client'>): void {
  stream.end(() => client.destroy())
}

function wrongProtocol(handling: readonly Handling[]): Refusal {
  const wanted = handling.includes('http') ? 'plain HTTP' : 'TLS'
  return {
    code: 'protocol_not_allowed',
    rule: null,
    reason: `on this host and port only ${wanted} may be spoken`,
    remedy: `speak ${wanted}`,
  }
}
