import type { EgressAlarm, EgressDecision } from '@caisson/core'

/** What the trail tells of a request beside the decision: names, never values. */
export interface DecisionDetails {
  /** Path template of the rule that matched. */
  readonly template: string | null
  readonly queryKeys: readonly string[]
  readonly headerNames: readonly string[]
  /** Whose name is put on it: `anonymous`, `guest`, or the id of a credential; `null` where it was refused. */
  readonly identity: string | null
  /** Names of the tenant headers that the proxy sets. */
  readonly tenantHeaders: readonly string[]
}

/** What became of something that was allowed. */
export interface FinishedFigures {
  readonly bytesOut: number
  readonly bytesIn: number
  readonly status: number | null
  readonly outcome: 'complete' | 'cut'
  readonly durationMs: number
}

/** Where decisions are written down. Nothing here throws, and nothing waits. */
export interface AuditTrail {
  /** `false`: it cannot be written, and policy wants nothing to happen unwritten. */
  readonly canWrite: boolean
  /** Whether the names in `DecisionDetails` are wanted. */
  readonly keepsNames: boolean
  decided(decision: EgressDecision, details: DecisionDetails): void
  alarmed(alarm: EgressAlarm): void
  finished(sequence: number, figures: FinishedFigures): void
  /** Writes what is left, and a last checkpoint. */
  close(): Promise<void>
}

/** A trail for those who keep none. */
export const noTrail: AuditTrail = Object.freeze({
  canWrite: true,
  keepsNames: false,
  decided: () => undefined,
  alarmed: () => undefined,
  finished: () => undefined,
  close: () => Promise.resolve(),
})
