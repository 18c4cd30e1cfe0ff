import type { EgressAlarm, EgressDecision } from '@caisson/core'
import type { AuditTrail, DecisionDetails } from '../audit/trail.ts'
import type { Decision } from '../decide/decision.ts'
import type { HttpRequest } from '../decide/request.ts'
import type { Refusal } from '../refusal.ts'
import type { Telemetry } from '../telemetry/telemetry-event.ts'
import type { Asked } from './client.ts'

/** Who hears of decisions. */
export interface RecorderParts {
  readonly trail: AuditTrail
  readonly now: () => number
  readonly policyVersion: () => number
  readonly onDecision: (decision: EgressDecision) => void
  readonly onAlarm: (alarm: EgressAlarm) => void
  /** Resolves when what was told has been heard; `null`: telling is enough. */
  readonly heard: (() => Promise<void>) | null
  readonly telemetry: Telemetry | null
  /** The host pattern of the policy that covers a host. */
  readonly patternOf: (host: string) => string | null
}

/** What became of something that was allowed. */
export interface Figures {
  readonly bytesOut: number
  readonly bytesIn: number
  /** Status of the answer; `null` for tunnels, and where none came. */
  readonly status: number | null
  readonly outcome: 'complete' | 'cut'
  readonly durationMs: number
}

const noNames: readonly string[] = []

const nothing: DecisionDetails = {
  template: null,
  queryKeys: [],
  headerNames: [],
  identity: null,
  tenantHeaders: [],
}

/** Gives each decision its number and tells it, before anything is done about it. */
export class Recorder {
  readonly #parts: RecorderParts
  #sequence = 0
  #allowed = 0
  #denied = 0

  constructor(parts: RecorderParts) {
    this.#parts = parts
  }

  get counts(): { readonly allowed: number; readonly denied: number } {
    return { allowed: this.#allowed, denied: this.#denied }
  }

  /** Whether what is allowed could be written down, where policy wants that it is. */
  get canRecord(): boolean {
    return this.#parts.trail.canWrite
  }

  /** Returns the decision's number, for `finished`. */
  allowed(asked: Asked, decision: Decision, request?: HttpRequest): number {
    this.#allowed += 1
    return this.#tell(asked, this.#details(decision, request), {
      verdict: 'allow',
      code: decision.wouldDeny,
      rule: decision.rule,
      reason: '',
      remedy: '',
      processId: null,
      lasts: asked.method !== null || isTunnel(decision),
    })
  }

  /** `processId`: the command that asked, where it could be told. */
  refused(asked: Asked, refusal: Refusal, processId: string | null): number {
    this.#denied += 1
    const outcome = { verdict: 'deny', ...refusal, processId, lasts: false } as const
    return this.#tell(asked, this.#namesIn(asked.request), outcome)
  }

  /** What has to be waited for before a client is answered, so that nobody hears of it before the host. */
  get heard(): (() => Promise<void>) | null {
    return this.#parts.heard
  }

  /** Nothing more comes. */
  close(): void {
    this.#parts.telemetry?.close()
  }

  /** One of a flood of refusals that nobody can be told of one by one: it is counted. */
  crowdedOut(): void {
    this.#denied += 1
  }

  /** Told beside a decision, if there is one. */
  alarmed(alarm: EgressAlarm): void {
    this.#parts.trail.alarmed(alarm)
    this.#parts.onAlarm(alarm)
  }

  finished(sequence: number, figures: Figures): void {
    this.#parts.trail.finished(sequence, figures)
    this.#parts.telemetry?.record({ on: 'finished', sequence, figures })
  }

  /** Names are gathered only for a trail that writes them down. */
  #details({ template, needs }: Decision, request: HttpRequest | undefined): DecisionDetails {
    if (request === undefined) return nothing
    const { identity, tenant } = needs
    const { queryKeys, headerNames } = this.#namesIn(request)
    const tenantHeaders = tenant.length === 0 ? noNames : tenant.map(([name]) => name)
    return { template, queryKeys, headerNames, identity, tenantHeaders }
  }

  #namesIn(request: HttpRequest | undefined): DecisionDetails {
    if (request === undefined || !this.#parts.trail.keepsNames) return nothing
    const { query, headers } = request
    const queryKeys = query.map(([key]) => key)
    const headerNames = headers.map(([name]) => name)
    return { template: null, queryKeys, headerNames, identity: null, tenantHeaders: noNames }
  }

  #tell(asked: Asked, details: DecisionDetails, outcome: Outcome): number {
    this.#sequence += 1
    const { trail, now, policyVersion, telemetry, patternOf, onDecision } = this.#parts
    // Field by field: spread out of two objects it is one of the dearest lines of a request.
    const decision: EgressDecision = {
      sequence: this.#sequence,
      time: now(),
      policyVersion: policyVersion(),
      door: asked.door,
      host: asked.host,
      port: asked.port,
      method: asked.method,
      path: asked.path,
      verdict: outcome.verdict,
      code: outcome.code,
      rule: outcome.rule,
      reason: outcome.reason,
      remedy: outcome.remedy,
      processId: outcome.processId,
    }
    trail.decided(decision, details)
    if (telemetry !== null) {
      const { template } = details
      const pattern = patternOf(asked.host)
      telemetry.record({ on: 'decided', decision, pattern, template, lasts: outcome.lasts })
    }
    onDecision(decision)
    return this.#sequence
  }
}

type Outcome = Pick<
  EgressDecision,
  'verdict' | 'code' | 'rule' | 'reason' | 'remedy' | 'processId'
> & {
  /** Its end will be told, too. */
  readonly lasts: boolean
}

function isTunnel({ needs: { handling } }: Decision): boolean {
  return handling.includes('opaque') || handling.includes('tls')
}
