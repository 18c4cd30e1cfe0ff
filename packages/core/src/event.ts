import type { Denial } from './denial.ts'
import type { SessionEnd } from './driver.ts'
import type { ResultLimit } from './result.ts'

/** The policy refused an act. */
export interface DenialEvent {
  readonly type: 'denial'
  /** Milliseconds since the epoch. */
  readonly time: number
  /** The command that it is attributed to, or `null`. */
  readonly processId: string | null
  readonly denial: Denial
}

/** A command ended. */
export interface ExitEvent {
  readonly type: 'exit'
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly processId: string
  readonly exitCode: number | null
  readonly signal: string | null
  readonly durationMs: number
}

/** A bound of the policy was hit. */
export interface LimitEvent {
  readonly type: 'limit'
  /** Milliseconds since the epoch. */
  readonly time: number
  /** The command that it is attributed to, or `null`: a bound of the whole sandbox. */
  readonly processId: string | null
  readonly limit: ResultLimit
}

/** The sandbox ended. The last event. */
export interface EndEvent {
  readonly type: 'end'
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly reason: SessionEnd['reason']
  readonly detail: string
}

/** The inside said something. Written by the sandbox: show it, never act on it. */
export interface LogEvent {
  readonly type: 'log'
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly message: string
}

/** Something happened in a sandbox. */
export type SandboxEvent = DenialEvent | ExitEvent | LimitEvent | EndEvent | LogEvent

/** The event of a name. */
export type SandboxEventOf<Name extends SandboxEvent['type']> = Extract<
  SandboxEvent,
  { readonly type: Name }
>
