import { budgetRefusal } from '../budget/ledger.ts'
import type { HttpRequest } from '../decide/request.ts'
import { isGrpc } from '../http2/field-section.ts'
import { GrpcMessages } from '../http2/grpc-messages.ts'
import type { Body } from '../http-message.ts'
import { type Refusal, RefusalError } from '../refusal.ts'
import { codingOf } from '../scan/content-coding.ts'
import type { Engine } from './engine.ts'
import { MeteredBody } from './metered-body.ts'
import { leakRefusal } from './screens.ts'

/** What becomes of a body on its way out. */
export interface BodyListener {
  /** Bytes are about to leave. */
  onBytes(count: number): void
  /** What comes next of it may not leave: nothing of that does. */
  onRefused(refusal: Refusal): void
  /** Nothing more comes. */
  onOver(): void
  /** Bytes of the request that left so far. */
  spent(): number
}

/** Whose body it is. */
export interface BodyOwner {
  readonly request: HttpRequest
  /** Whose name is on the request. */
  readonly identity: string
  readonly listener: BodyListener
}

/** A body that comes from inside: looked through before it is counted and sent. */
export function streamedBody(engine: Engine, body: Body, owner: BodyOwner): MeteredBody {
  const { request, identity, listener } = owner
  const watch = engine.screens.leaving(identity)
  if (watch === null) return countedBody(engine, body, owner)
  const place = { host: request.host, coding: codingOf(request.headers) }
  const watched = watch.watched(body, place, (hit) => listener.onRefused(leakRefusal(hit)))
  return countedBody(engine, watched, owner)
}

/**
 * A body within the budgets, and of the form that it says it has. Trailers go on only where the guest speaks
 * in its own name: nobody judged what they say, and some services read them as headers.
 */
export function countedBody(
  engine: Engine,
  body: Body,
  { request, identity, listener }: BodyOwner,
): MeteredBody {
  const { grpcMessageBytes: messageBytes, grpcMessages: messages } = engine.limits
  const grpc = isGrpc(request.headers) ? new GrpcMessages({ messageBytes, messages }) : null
  return new MeteredBody(body, {
    onBytes: (count, chunk) => {
      const code = engine.ledger.spend(request.host, count, listener.spent())
      const refusal = code !== null ? budgetRefusal(code) : grpcFault(grpc, chunk)
      if (refusal === null) listener.onBytes(count)
      else listener.onRefused(refusal)
      return refusal === null
    },
    onOver: () => listener.onOver(),
    onFailed: (error) => {
      if (error instanceof RefusalError) listener.onRefused(error.refusal)
    },
    keepsTrailers: identity === 'guest',
  })
}

/** A call may send messages of gRPC and nothing else, or what counts them counts nothing. */
function grpcFault(messages: GrpcMessages | null, chunk: Uint8Array): Refusal | null {
  const fault = messages?.push(chunk) ?? null
  if (fault === null) return null
  const reason = `the body is no proper sequence of gRPC messages (${fault})`
  return { code: 'bad_request', rule: null, reason, remedy: 'send smaller or well-formed messages' }
}
