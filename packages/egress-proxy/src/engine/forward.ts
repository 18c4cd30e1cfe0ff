import type { Duplex } from 'node:stream'
import { budgetRefusal } from '../budget/ledger.ts'
import type { Call, CallEvents, Exchange, UpstreamConnection } from '../exchange.ts'
import type { Body, OutgoingHead, ResponseHead } from '../http-message.ts'
import type { CompiledPolicy } from '../decide/policy.ts'
import type { HttpRequest } from '../decide/request.ts'
import { isGrpc } from '../http2/field-section.ts'
import { GrpcMessages } from '../http2/grpc-messages.ts'
import { type Refusal, RefusalError } from '../refusal.ts'
import type { Client } from './client.ts'
import type { Deadline } from './deadlines.ts'
import type { Engine } from './engine.ts'
import { askHook, requestView, responseView } from './hooks.ts'
import { asked } from './judge.ts'
import { MeteredBody } from './metered-body.ts'
import { incomingFields } from './read-request.ts'
import { answerRefusal } from './refusal-answer.ts'
import { noLongerAllowed, stillAllows } from './still-allows.ts'

/** An exchange that was allowed, and what is sent for it. */
export interface Allowed {
  readonly exchange: Exchange
  readonly client: Client
  readonly request: HttpRequest
  readonly outgoing: OutgoingHead
  readonly sequence: number
  /** Bytes of the request line and header, spent already. */
  readonly headBytes: number
  /** The policy that allowed it. */
  readonly judgedBy: CompiledPolicy
  /** Takes over when the upstream changes to WebSocket, and tells the end of it, too. */
  readonly switched: (head: ResponseHead, upstream: Duplex) => void
}

/** One allowed request on its way to an upstream and back. */
export class Forward {
  readonly #engine: Engine
  readonly #allowed: Allowed
  readonly #body: MeteredBody | null
  readonly #startedMs: number
  readonly #judgedBy: CompiledPolicy
  readonly #deadline: Deadline
  #call: Call | null = null
  #bytesOut: number
  #bytesIn = 0
  #movedMs: number
  #status: number | null = null
  #retried = false
  #answered = false
  #switched = false
  #over = false

  constructor(engine: Engine, allowed: Allowed) {
    this.#engine = engine
    this.#allowed = allowed
    this.#startedMs = engine.now()
    this.#movedMs = this.#startedMs
    this.#judgedBy = allowed.judgedBy
    this.#bytesOut = allowed.headBytes
    this.#body = allowed.exchange.body === null ? null : this.#metered(allowed.exchange.body)
    this.#deadline = engine.deadlines.start(engine.limits.responseMs, () => this.#late())
    allowed.exchange.onClose((complete) => this.#close(complete))
  }

  /** Dials and sends. Never rejects. */
  async run(fresh = false): Promise<void> {
    const { request, client } = this.#allowed
    const { host, port, scheme } = request
    const protocol = this.#allowed.exchange.head.version === '2' ? 'h2' : 'http/1.1'
    try {
      const wanted = { scheme, protocol, fresh } as const
      if (this.#over) return
      const upstream = await this.#engine.dialer.open({ host, port }, wanted, client.signal)
      if (this.#over) release(upstream)
      else if (this.#isStillAllowed()) this.#send(upstream)
      else {
        release(upstream)
        await this.#refuse(noLongerAllowed)
      }
    } catch (error) {
      await this.#refuse(error instanceof RefusalError ? error.refusal : unreachable)
    }
  }

  /** Dialling takes its time, and a newer policy may have come in between. */
  #isStillAllowed(): boolean {
    const policy = this.#engine.policy()
    const { request } = this.#allowed
    return policy === this.#judgedBy || stillAllows(policy, { request }, this.#judgedBy)
  }

  #send(upstream: UpstreamConnection): void {
    const { outgoing, exchange } = this.#allowed
    exchange.continue()
    this.#call = upstream.request(outgoing, this.#body, this.#events())
  }

  #events(): CallEvents {
    return {
      // The client was told to go on when the request was allowed; other interim answers end here.
      informed: () => this.#touch(),
      responded: (head, body) => this.#respond(head, body),
      switched: (head, upstream) => {
        this.#answered = true
        this.#switched = true
        this.#deadline.done()
        this.#allowed.switched(head, upstream)
      },
      failed: (_error, unsent) => void this.#failed(unsent),
    }
  }

  #respond(head: ResponseHead, body: Body | null): void {
    this.#deadline.done()
    if (this.#engine.hooks.onResponse !== undefined) {
      this.#askAbout(head, body).catch(() => this.#allowed.exchange.abort())
      return
    }
    try {
      this.#answer(head, body)
    } catch {
      // Thrown into the upstream's reading it could end the host's process.
      this.#allowed.exchange.abort()
    }
  }

  async #askAbout(head: ResponseHead, body: Body | null): Promise<void> {
    const { hooks, limits } = this.#engine
    const view = requestView(this.#allowed.request)
    const ask = () => hooks.onResponse?.(view, responseView(head))
    const refusal = await askHook(ask, limits.hookMs)
    if (refusal === null) return this.#answer(head, body)
    body?.cancel()
    this.#call?.abort()
    return this.#refuse(refusal)
  }

  #answer(head: ResponseHead, body: Body | null): void {
    // While the hook thought, the client may have left, or used up a budget and heard of it.
    if (this.#over || this.#answered) {
      body?.cancel()
      return
    }
    this.#answered = true
    this.#status = head.status
    const answer = { status: head.status, headers: incomingFields(head.headers) }
    this.#allowed.exchange.respond(answer, body === null ? null : this.#counted(body))
  }

  async #failed(unsent: boolean): Promise<void> {
    if (this.#over || this.#answered) return
    // An idle connection may have been closed by its upstream just when it was taken.
    if (unsent && !this.#retried && this.#body?.started !== true) {
      this.#retried = true
      return this.run(true)
    }
    // The upstream's own watch may be the first to see that it takes too long.
    const waitedMs = Math.ceil(this.#engine.now() - this.#movedMs)
    return this.#refuse(waitedMs < this.#engine.limits.responseMs ? broken : tooLate)
  }

  /** The request was allowed and is refused after all. */
  async #refuse(refusal: Refusal): Promise<void> {
    if (this.#over || this.#answered) return
    this.#answered = true
    this.#deadline.done()
    const { client, exchange, request } = this.#allowed
    await this.#engine.judge.refuse(asked(request), refusal, client)
    answerRefusal(exchange, refusal)
  }

  #touch(): void {
    this.#movedMs = this.#engine.now()
    this.#deadline.touch()
  }

  #late(): void {
    this.#call?.abort()
    void this.#refuse(tooLate)
  }

  #metered(body: Body): MeteredBody {
    const { host, headers } = this.#allowed.request
    const { grpcMessageBytes: messageBytes, grpcMessages: messages } = this.#engine.limits
    const grpc = isGrpc(headers) ? new GrpcMessages({ messageBytes, messages }) : null
    return new MeteredBody(body, {
      onBytes: (count, chunk) => {
        const code = this.#engine.ledger.spend(host, count, this.#bytesOut)
        const refusal = code !== null ? budgetRefusal(code) : grpcFault(grpc, chunk)
        if (refusal !== null) this.#stop(refusal)
        else this.#bytesOut += count
        this.#touch()
        return refusal === null
      },
      onOver: () => this.#touch(),
    })
  }

  /** The upstream sees a cut, never an end; the client hears why, if it has no answer yet. */
  #stop(refusal: Refusal): void {
    this.#call?.abort()
    if (!this.#answered) void this.#refuse(refusal)
    else this.#allowed.exchange.abort()
  }

  #counted(body: Body): Body {
    return new MeteredBody(body, {
      onBytes: (count) => {
        this.#bytesIn += count
        this.#engine.received(count)
        return true
      },
      onOver: () => undefined,
    })
  }

  #close(complete: boolean): void {
    if (this.#over) return
    this.#over = true
    this.#deadline.done()
    if (this.#switched) return
    if (!complete) this.#call?.abort()
    this.#engine.recorder.finished(this.#allowed.sequence, {
      bytesOut: this.#bytesOut,
      bytesIn: this.#bytesIn,
      status: this.#status,
      outcome: complete ? 'complete' : 'cut',
      durationMs: this.#engine.now() - this.#startedMs,
    })
  }
}

/** Nothing was sent on it. One that is shared (HTTP/2) may carry the requests of others. */
function release(upstream: UpstreamConnection): void {
  if (upstream.inUse === undefined) upstream.destroy()
}

/** A call may send messages of gRPC and nothing else, or what counts them counts nothing. */
function grpcFault(messages: GrpcMessages | null, chunk: Uint8Array): Refusal | null {
  const fault = messages?.push(chunk) ?? null
  if (fault === null) return null
  const reason = `the body is no proper sequence of gRPC messages (${fault})`
  return { code: 'bad_request', rule: null, reason, remedy: 'send smaller or well-formed messages' }
}

const again = 'try again later'

const unreachable: Refusal = Object.freeze({
  code: 'connect_failed',
  rule: null,
  reason: 'the host could not be reached',
  remedy: again,
})

const broken: Refusal = Object.freeze({
  code: 'upstream_failed',
  rule: null,
  reason: 'the host broke off, or answered something that is no proper answer',
  remedy: again,
})

const tooLate: Refusal = Object.freeze({
  code: 'upstream_timeout',
  rule: null,
  reason: 'the host did not answer in time',
  remedy: again,
})
