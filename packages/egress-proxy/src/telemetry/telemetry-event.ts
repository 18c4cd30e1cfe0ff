import type { EgressDecision } from '@caisson/core'
import type { FinishedFigures } from '../audit/trail.ts'

/** Something that telemetry counts. Plain data, so that it can come from another process. */
export type TelemetryEvent =
  | DecidedEvent
  | {
      readonly on: 'finished'
      readonly sequence: number
      readonly figures: FinishedFigures
    }
  /** A TLS handshake with a client began. */
  | { readonly on: 'handshake' }
  /** So many connections of clients more, or fewer. */
  | { readonly on: 'connections'; readonly by: number }

/** A decision, with what keeps labels few. */
export interface DecidedEvent {
  readonly on: 'decided'
  readonly decision: EgressDecision
  /** The host pattern of the policy that covers the host; `null` where none does. */
  readonly pattern: string | null
  /** Path template of the rule. */
  readonly template: string | null
  /** Whether it comes to an end that will be told. */
  readonly lasts: boolean
}

/** Takes what happens. Nothing here throws, and nothing waits. */
export interface Telemetry {
  record(event: TelemetryEvent): void
  /** Takes back what was counted as open. */
  close(): void
}
