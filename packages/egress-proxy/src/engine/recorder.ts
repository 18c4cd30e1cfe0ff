import type { EgressDecision } from '@caisson/core'
import type { AuditTrail, DecisionDetails } from '../audit/trail.ts'
import type { Decision } from '../decide/decision.ts'
import type { Refusal } from '../refusal.ts'
import type { Asked } from './client.ts'

/** Who hears of decisions. */
export interface RecorderParts {
  readonly trail: AuditTrail
  readonly now: () => number
  policyVersion(): number
  onDecision(decision: EgressDecision): void
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

const nothing: DecisionDetails = { template: null, queryKeys: [], headerNames: [] }

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
  allowed(asked: Asked, decision: Decision, details: DecisionDetails = nothing): number {
    this.#allowed += 1
    return this.#tell(asked, details, {
      verdict: 'allow',
      code: decision.wouldDeny,
      rule: decision.rule,
      reason: '',
      remedy: '',
      processId: null,
    })
  }

  /** `processId`: the command that asked, where it could be told. */
  refused(asked: Asked, refusal: Refusal, processId: string | null): number {
    this.#denied += 1
    return this.#tell(asked, nothing, { verdict: 'deny', ...refusal, processId })
  }

  finished(sequence: number, figures: Figures): void {
    this.#parts.trail.finished(sequence, figures)
  }

  #tell(
    asked: Asked,
    details: DecisionDetails,
    outcome: Pick<EgressDecision, 'verdict' | 'code' | 'rule' | 'reason' | 'remedy' | 'processId'>,
  ): number {
    this.#sequence += 1
    const decision: EgressDecision = {
      sequence: this.#sequence,
      time: this.#parts.now(),
      policyVersion: this.#parts.policyVersion(),
      ...asked,
      ...outcome,
    }
    this.#parts.trail.decided(decision, details)
    this.#parts.onDecision(decision)
    return this.#sequence
  }
}
