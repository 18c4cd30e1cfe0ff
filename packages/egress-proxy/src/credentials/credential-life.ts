import { type Carrier, CarrierFault } from '../carriers/carrier.ts'
import { BackOff } from './back-off.ts'
import { credentialRefusal } from './credential-refusal.ts'
import { giveBack } from './give-back.ts'
import { HeldSecret } from './held-secret.ts'
import { type Secret, type SecretSource, SourceFault } from './secret.ts'
import type { SeenTexts } from './seen-texts.ts'
import { settledWithin } from './settled-within.ts'

/** What the life of a credential depends on. */
export interface LifeParts {
  readonly id: string
  readonly source: SecretSource
  readonly carrier: Carrier
  readonly seen: SeenTexts
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly limits: { readonly credentialMs: number }
  /** Must not throw. */
  readonly onFailure: (message: string) => void
  /** There is more that must not be seen. */
  readonly onSeen: () => void
}

/** How having a secret went. `stale`: it was called off, as somebody wants another. */
type Outcome = 'had' | 'failed' | 'stale'

interface Flight {
  readonly controller: AbortController
  readonly outcome: Promise<Outcome>
}

/** The part of its life after which a secret is had anew, while the old one still holds. */
const ripeAt = 0.8
/** An upstream that rejects everything makes nobody ask a service more often. */
const renewalGapMs = 30_000
/** How often one waiter begins again because of rotations. */
const mostTries = 4
/** Those that were replaced and may still be on their way to an upstream, or are lent. */
const mostRetired = 64

/** One credential, from the first time it is needed to its end. */
export class CredentialLife {
  readonly #parts: LifeParts
  readonly #backOff = new BackOff()
  readonly #retired: HeldSecret[] = []
  #current: HeldSecret | null = null
  #refreshAt = Number.POSITIVE_INFINITY
  #renewedAt = Number.NEGATIVE_INFINITY
  #flight: Flight | null = null
  #end: 'revoked' | 'closed' | null = null

  constructor(parts: LifeParts) {
    this.#parts = parts
  }

  /** The secret, if it is there and good. Has a ripe one renewed, without waiting. */
  at(): Secret | null {
    const current = this.#current
    if (current === null || current.expiresAt === null) return current
    const now = this.#parts.now()
    if (now >= current.expiresAt) {
      this.#retire()
      return null
    }
    if (now >= this.#refreshAt && this.#flight === null && this.#backOff.isOver(now)) this.#fetch()
    return current
  }

  async get(signal: AbortSignal): Promise<Secret> {
    for (let turn = 0; turn < mostTries; turn += 1) {
      const secret = this.at()
      if (secret !== null) return secret
      const outcome = await this.#fetched(signal)
      if (outcome === 'failed') break
    }
    throw this.#refusal()
  }

  async renew(rejected: Secret, signal: AbortSignal): Promise<Secret | null> {
    const newer = this.#otherThan(rejected)
    if (newer !== null || this.#end !== null) return newer
    const now = this.#parts.now()
    if (this.#flight === null) {
      if (now - this.#renewedAt < renewalGapMs || !this.#backOff.isOver(now)) return null
      this.#renewedAt = now
    }
    const { outcome } = this.#flight ?? this.#fetch()
    await settledWithin(outcome, signal).catch(() => undefined)
    return this.#otherThan(rejected)
  }

  rotate(): void {
    if (this.#end !== null) return
    this.#callOff()
    this.#retire()
    this.#backOff.reset()
    this.#renewedAt = Number.NEGATIVE_INFINITY
    void this.#giveBack(this.#retired.splice(0))
  }

  /** Ends it for good: waiters are refused, what was lent is given back, and every secret overwritten. */
  async end(how: 'revoked' | 'closed'): Promise<void> {
    this.#end ??= how
    this.#callOff()
    this.#retire()
    await this.#giveBack(this.#retired.splice(0))
  }

  #otherThan(rejected: Secret): Secret | null {
    const secret = this.at()
    return secret === null || secret.bytes.equals(rejected.bytes) ? null : secret
  }

  async #fetched(signal: AbortSignal): Promise<Outcome> {
    if (this.#end !== null || signal.aborted) return 'failed'
    if (this.#flight === null && !this.#backOff.isOver(this.#parts.now())) return 'failed'
    const { outcome } = this.#flight ?? this.#fetch()
    // One who leaves leaves alone: the others still wait for the same answer.
    return settledWithin(outcome, signal).catch(() => 'failed')
  }

  #fetch(): Flight {
    const controller = new AbortController()
    const flight: Flight = { controller, outcome: this.#fly(controller) }
    this.#flight = flight
    return flight
  }

  async #fly(controller: AbortController): Promise<Outcome> {
    const { source, limits } = this.#parts
    const timer = setTimeout(() => controller.abort(), limits.credentialMs).unref()
    const { signal } = controller
    // A source that throws at once does so here, after this flight is known as the present one.
    const asked = Promise.resolve().then(() => source.get(signal))
    try {
      const secret = await settledWithin(asked, signal)
      if (!this.#isPresent(controller)) return this.#discard(secret)
      return this.#take(secret)
    } catch (error) {
      // What comes when nobody waits any more is given back.
      if (signal.aborted) asked.then((secret) => this.#discard(secret)).catch(() => undefined)
      if (!this.#isPresent(controller)) return 'stale'
      return this.#failed(messageOf(error, signal.aborted))
    } finally {
      clearTimeout(timer)
      if (this.#isPresent(controller)) this.#flight = null
    }
  }

  #isPresent(controller: AbortController): boolean {
    return this.#flight?.controller === controller
  }

  #take(secret: Secret): Outcome {
    const { carrier, seen, now, onSeen } = this.#parts
    const { bytes, expiresAt } = secret
    const time = now()
    if (expiresAt !== null && !(expiresAt > time)) {
      void this.#discard(secret)
      return this.#failed('what the source handed out has expired')
    }
    let texts: readonly Buffer[]
    try {
      texts = carrier.hidden(bytes)
    } catch (error) {
      void this.#discard(secret)
      return this.#failed(messageOf(error, false))
    }
    this.#retire()
    this.#current = HeldSecret.of(secret)
    this.#refreshAt =
      expiresAt === null ? Number.POSITIVE_INFINITY : time + (expiresAt - time) * ripeAt
    this.#backOff.reset()
    if (seen.add(texts, expiresAt, time)) onSeen()
    return 'had'
  }

  #failed(message: string): Outcome {
    const { now, onFailure } = this.#parts
    this.#backOff.failed(now())
    onFailure(message)
    return 'failed'
  }

  #callOff(): void {
    const flight = this.#flight
    this.#flight = null
    flight?.controller.abort()
  }

  /** Not handed out any more. It is overwritten later: a request may be about to be given it. */
  #retire(): void {
    if (this.#current === null) return
    this.#retired.push(this.#current)
    this.#current = null
    const [oldest] = this.#retired
    if (this.#retired.length <= mostRetired || oldest === undefined) return
    this.#retired.shift()
    void this.#giveBack([oldest])
  }

  #discard(secret: Secret): Outcome {
    void this.#giveBack([HeldSecret.of(secret)])
    return 'stale'
  }

  async #giveBack(secrets: readonly HeldSecret[]): Promise<void> {
    const { now, onFailure } = this.#parts
    const given = giveBack(secrets, now())
    for (const secret of secrets) secret.forget()
    if ((await given) > 0) onFailure('what was lent could not be given back; it is left to expire')
  }

  #refusal(): Error {
    const isRevoked = this.#end === 'revoked'
    const code = isRevoked ? 'credential_revoked' : 'credential_unavailable'
    return credentialRefusal(this.#parts.id, code)
  }
}

/** What the host application's log may hold of a failure: nothing of what others threw. */
function messageOf(error: unknown, isLate: boolean): string {
  if (isLate) return 'the source took too long'
  if (error instanceof SourceFault) return error.message
  return error instanceof CarrierFault ? error.message : 'the source failed in an unforeseen way'
}
