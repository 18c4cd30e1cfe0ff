import type { Duplex } from 'node:stream'
import type { Call, CallEvents, Exchange, UpstreamConnection } from '../exchange.ts'
import type { Body, OutgoingHead, ResponseHead } from '../http-message.ts'
import type { CompiledPolicy } from '../decide/policy.ts'
import type { HttpRequest } from '../decide/request.ts'
import type { Needs } from '../decide/decision.ts'
import { withoutSessions } from '../redact/prepared.ts'
import type { Answer } from '../redact/redactor.ts'
import { type Refusal, RefusalError } from '../refusal.ts'
import type { Client } from './client.ts'
import type { Deadline } from './deadlines.ts'
import type { Engine } from './engine.ts'
import { askHook, requestView, responseView } from './hooks.ts'
import { fixedBody } from './fixed-body.ts'
import { Injection } from './injection.ts'
import { asked } from './judge.ts'
import type { WholeBody } from './judged-body.ts'
import { type BodyListener, type BodyOwner, countedBody, streamedBody } from './leaving-body.ts'
import { MeteredBody } from './metered-body.ts'
import { incomingFields } from './read-request.ts'
import { answerRefusal } from './refusal-answer.ts'
import { newestAt } from './newest-at.ts'
import { noLongerAllowed, stillAllows } from './still-allows.ts'
import { broken, tooLate, unreachable } from './upstream-refusals.ts'

/** An exchange that was allowed, and what is sent for it. */
export interface Allowed {
  readonly exchange: Exchange
  readonly client: Client
  readonly request: HttpRequest
  readonly outgoing: OutgoingHead
  readonly needs: Needs
  /** The body, where it was read already. */
  readonly whole: WholeBody | null
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
  readonly #injection: Injection | null
  readonly #startedMs: number
  readonly #judgedBy: CompiledPolicy
  #deadline: Deadline
  #call: Call | null = null
  #bytesOut: number
  #bytesIn = 0
  #movedMs: number
  #status: number | null = null
  #retried = false
  #answered = false
  #switched = false
  #stopped = false
  #over = false

  constructor(engine: Engine, allowed: Allowed) {
    this.#engine = engine
    this.#allowed = allowed
    this.#startedMs = engine.now()
    this.#movedMs = this.#startedMs
    const { judgedBy } = allowed
    this.#judgedBy = judgedBy
    this.#bytesOut = allowed.headBytes
    const { exchange, whole, needs } = allowed
    this.#injection = Injection.of(engine.keeper, needs.identity)
    const streamed = whole === null ? exchange.body : null
    this.#body = streamed === null ? null : streamedBody(engine, streamed, this.#owner())
    this.#deadline = this.#clock()
    allowed.exchange.onClose((complete) => this.#close(complete))
  }

  /** Dials and sends. Never rejects. */
  async run(fresh = false): Promise<void> {
    const { request, client } = this.#allowed
    const { host, port, scheme } = request
    const protocol = this.#allowed.exchange.head.version === '2' ? 'h2' : 'http/1.1'
    const injection = this.#injection
    try {
      if (injection?.isReady === false) await injection.fetch(client.signal)
      if (this.#over) return
      const identity = injection?.dialIdentity()
      const wanted = { scheme, protocol, fresh, identity } as const
      const upstream = await this.#engine.dialer.open({ host, port }, wanted, client.signal)
      this.#sendOn(upstream)
    } catch (error) {
      await this.#refuse(error instanceof RefusalError ? error.refusal : unreachable)
    }
  }

  /** @throws RefusalError when nothing may be sent after all; the connection is given up then */
  #sendOn(upstream: UpstreamConnection): void {
    if (this.#over) return release(upstream)
    try {
      if (!this.#isStillAllowed()) throw new RefusalError(noLongerAllowed)
      this.#send(upstream)
    } catch (error) {
      release(upstream)
      throw error
    }
  }

  /** Dialling takes its time, and a newer policy may have come in between, which may say another name. */
  #isStillAllowed(): boolean {
    const policy = this.#engine.policy()
    const { request } = this.#allowed
    return policy === this.#judgedBy || stillAllows(policy, { request }, this.#judgedBy)
  }

  #send(upstream: UpstreamConnection): void {
    const { exchange, outgoing, whole } = this.#allowed
    // A body that is not there is one without bytes for whoever signs it, and is not sent.
    const body = whole?.bytes ?? null
    const sent = this.#injection?.put({ head: outgoing, body }) ?? { head: outgoing, body }
    exchange.continue()
    const fixed = exchange.body === null || sent.body === null ? null : fixedBody(sent.body)
    const leaving = fixed === null ? this.#body : countedBody(this.#engine, fixed, this.#owner())
    this.#call = upstream.request(sent.head, leaving, this.#events())
  }

  #events(): CallEvents {
    return {
      // The client was told to go on when the request was allowed; other interim answers end here.
      informed: () => this.#touch(),
      responded: (head, body) => {
        this.#deadline.done()
        if (head.status !== 401 || this.#injection === null) this.#respond(head, body)
        else void this.#renewed(this.#injection, head, body)
      },
      switched: (head, upstream) => {
        this.#answered = true
        this.#switched = true
        this.#deadline.done()
        this.#allowed.switched(head, upstream)
      },
      failed: (_error, unsent) => void this.#failed(unsent),
    }
  }

  /** An upstream that does not take the credential is asked again with another, where there is one. */
  async #renewed(injection: Injection, head: ResponseHead, body: Body | null): Promise<void> {
    const { exchange, whole, client } = this.#allowed
    const hasAnother = await injection.renew(client.signal).catch(() => false)
    // A body that streamed through is gone; who sends it again has the other secret then.
    const isGone = exchange.body !== null && whole === null
    if (!hasAnother || isGone || this.#over) return this.#respond(head, body)
    body?.cancel()
    this.#call?.abort()
    this.#deadline = this.#clock()
    return this.run()
  }

  #clock(): Deadline {
    const { deadlines, limits } = this.#engine
    return deadlines.start(limits.responseMs, () => this.#late())
  }

  #respond(head: ResponseHead, body: Body | null): void {
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
    const { request } = this.#allowed
    const view = requestView(request)
    const redactor = this.#engine.screens.answersAt(this.#judgedBy, request.host)
    const seen = redactor?.head(head, () => undefined) ?? head
    const ask = () => hooks.onResponse?.(view, responseView(seen))
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
    this.#status = head.status
    const counted = body === null ? null : this.#counted(body)
    try {
      const fields = incomingFields(head.headers)
      const headers = this.#injection === null ? fields : withoutSessions(fields)
      const plain = { status: head.status, headers }
      const answer = this.#screened({ head: plain, body: counted })
      this.#answered = true
      this.#allowed.exchange.respond(answer.head, answer.body)
    } catch (error) {
      // Thrown into the upstream's reading it could end the host's process.
      counted?.cancel()
      if (error instanceof RefusalError && !this.#answered) void this.#refuse(error.refusal)
      else this.#allowed.exchange.abort()
    }
  }

  /** @throws RefusalError `response_unreadable` */
  #screened(given: Answer): Answer {
    const { screens, alarms } = this.#engine
    const { host } = this.#allowed.request
    // Asked for only now: the secret may have been had for this very request.
    const redactor = screens.answersAt(this.#judgedBy, host)
    if (redactor === null) return given
    return redactor.answer(given, {
      onReflected: (about) => alarms.reflected(host, about),
      newest: newestAt(this.#engine, { host, first: redactor }),
    })
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

  #owner(): BodyOwner {
    const { request, needs } = this.#allowed
    const listener: BodyListener = {
      onBytes: (count) => {
        this.#bytesOut += count
        this.#touch()
      },
      onRefused: (refusal) => this.#stop(refusal),
      onOver: () => this.#touch(),
      spent: () => this.#bytesOut,
    }
    return { request, identity: needs.identity, listener }
  }

  /** The upstream sees a cut, never an end; the client hears why, if it has no answer yet. */
  #stop(refusal: Refusal): void {
    // A body that was refused fails as well, and the refusal must not be cut off by that.
    if (this.#stopped) return
    this.#stopped = true
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
    this.#noteUpload()
    this.#engine.recorder.finished(this.#allowed.sequence, {
      bytesOut: this.#bytesOut,
      bytesIn: this.#bytesIn,
      status: this.#status,
      outcome: complete ? 'complete' : 'cut',
      durationMs: this.#engine.now() - this.#startedMs,
    })
  }

  #noteUpload(): void {
    const { uploads, alarms } = this.#engine
    const { request, headBytes } = this.#allowed
    const unusual = uploads.uploaded(request.host, this.#bytesOut - headBytes)
    if (unusual !== null) alarms.upload(request.host, unusual)
  }
}

/** Nothing was sent on it. One that is shared (HTTP/2) may carry the requests of others. */
function release(upstream: UpstreamConnection): void {
  if (upstream.inUse === undefined) upstream.destroy()
}
