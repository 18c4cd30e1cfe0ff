import type { Duplex } from 'node:stream'
import { budgetRefusal } from '../budget/ledger.ts'
import type { Needs } from '../decide/decision.ts'
import type { CompiledPolicy } from '../decide/policy.ts'
import type { HttpRequest } from '../decide/request.ts'
import type { Exchange } from '../exchange.ts'
import type { ResponseHead } from '../http-message.ts'
import { withoutSessions } from '../redact/prepared.ts'
import { FrameMeter } from '../websocket/frame-meter.ts'
import { acceptsHandshake } from '../websocket/handshake.ts'
import type { Client } from './client.ts'
import type { Engine } from './engine.ts'
import { asked } from './judge.ts'
import { incomingFields } from './read-request.ts'
import { newestAt } from './newest-at.ts'
import { leakRefusal } from './screens.ts'
import { relay, type RelayEnd, reset } from './relay.ts'
import { answerRefusal } from './refusal-answer.ts'
import { noLongerAllowed, stillAllows } from './still-allows.ts'
import type { Refusal } from '../refusal.ts'

/** A WebSocket whose upstream has agreed. */
export interface WebSocketEnds {
  readonly exchange: Exchange
  readonly client: Client
  readonly request: HttpRequest
  readonly sequence: number
  /** Bytes of the handshake, spent already. */
  readonly headBytes: number
  /** The policy that allowed the request. */
  readonly judgedBy: CompiledPolicy
  readonly needs: Needs
  readonly head: ResponseHead
  readonly upstream: Duplex
}

/**
 * Carries a WebSocket, frame by frame within the budgets, until a side ends, or a newer policy no longer
 * allows the request that it began with. Bytes that are no proper frames cut it.
 */
export async function runWebSocket(engine: Engine, ends: WebSocketEnds): Promise<void> {
  const { exchange, client, request, head, upstream } = ends
  if (!acceptsHandshake(request.headers, head.headers)) {
    upstream.destroy()
    const refusal = {
      code: 'upstream_failed',
      rule: null,
      reason,
      remedy: 'try again later',
    } as const
    await engine.judge.refuse(asked(request), refusal, client)
    answerRefusal(exchange, refusal)
    return
  }
  const refusal = refusalNow(engine, ends)
  if (refusal !== null) {
    upstream.destroy()
    await engine.judge.refuse(asked(request), refusal, client)
    answerRefusal(exchange, refusal)
    return
  }
  try {
    await carry(engine, ends, exchange.switchTo(agreement(engine, ends)))
  } catch {
    // The client may have left just now: then nobody takes the upstream over.
    upstream.destroy()
    exchange.abort()
  } finally {
    engine.ledger.closeTunnel()
  }
}

/** What of the upstream's agreement goes inside: none of our secrets, and no session in our name. */
function agreement(
  engine: Engine,
  { request, needs, judgedBy, head }: WebSocketEnds,
): ResponseHead {
  const { screens, keeper, alarms } = engine
  const fields = incomingFields(head.headers)
  const headers = keeper.find(needs.identity) === null ? fields : withoutSessions(fields)
  const redactor = screens.answersAt(judgedBy, request.host)
  const reflected = (about: string): void => alarms.reflected(request.host, about)
  const shown = { ...head, headers }
  return redactor === null ? shown : redactor.head(shown, reflected)
}

/** Opens one more tunnel, unless that is refused: an answer takes its time, and a newer policy may be there. */
function refusalNow(engine: Engine, { request, judgedBy }: WebSocketEnds): Refusal | null {
  if (!stillAllows(engine.policy(), { request }, judgedBy)) return noLongerAllowed
  const code = engine.ledger.openTunnel()
  return code === null ? null : budgetRefusal(code)
}

const reason = 'the host’s answer to the WebSocket handshake does not belong to it'

async function carry(engine: Engine, ends: WebSocketEnds, stream: Duplex): Promise<void> {
  const { client, request, upstream, sequence, head } = ends
  const startedMs = engine.now()
  let bytesOut = ends.headBytes
  let bytesIn = 0
  let outcome: RelayEnd = 'cut'
  const cut = (): void => {
    reset(stream)
    reset(upstream)
  }
  const idle = engine.deadlines.start(engine.limits.idleMs, cut)
  const age = engine.deadlines.start(engine.limits.tunnelMs, cut)
  const forget = engine.open.addTunnel({ request, identity: ends.needs.identity, cut })
  const sent = new FrameMeter('client')
  const received = new FrameMeter('server')
  const leaving = engine.screens.leaving(ends.needs.identity)?.frames() ?? null
  const reflected = (about: string): void => engine.alarms.reflected(request.host, about)
  const redactor = engine.screens.answersAt(ends.judgedBy, request.host)
  try {
    outcome = await relay(stream, upstream, {
      out: (chunk) => {
        idle.touch()
        if (!sent.push(chunk)) return false
        const over = engine.ledger.spend(request.host, chunk.length, null)
        const hit = leaving?.push(chunk) ?? null
        const refusal = over !== null ? budgetRefusal(over) : hit === null ? null : leakRefusal(hit)
        if (refusal !== null) void engine.judge.refuse(asked(request), refusal, client)
        else bytesOut += chunk.length
        return refusal === null
      },
      screen:
        redactor?.frames(reflected, newestAt(engine, { host: request.host, first: redactor })) ??
        null,
      in: (chunk) => {
        idle.touch()
        bytesIn += chunk.length
        engine.received(chunk.length)
        return received.push(chunk)
      },
    })
  } finally {
    idle.done()
    age.done()
    forget()
    const durationMs = engine.now() - startedMs
    const figures = { bytesOut, bytesIn, status: head.status, outcome, durationMs }
    engine.recorder.finished(sequence, figures)
  }
}
