import type { Denial } from './denial.ts'
import type { SessionEnd } from './driver.ts'
import type { EgressAlarm, EgressDecision } from './egress.ts'
import type { ResultLimit } from './result.ts'

/**
 * The policy refused an act. Told for each act, also when it is one that a command was refused before; the
 * command's `result.denials` holds it once.
 */
export interface DenialEvent {
  readonly type: 'denial'
  /** Milliseconds since the epoch. */
  readonly time: number
  /**
   * The command that it is attributed to, or `null`. It may have ended: what it left in the background acts
   * in its name, and then this event is all that tells of it.
   */
  readonly processId: string | null
  readonly denial: Denial
}

/**
 * The way out decided about a request, allowed or refused. For a refusal a `denial` event follows. Host,
 * method and path were chosen inside.
 */
export interface RequestEvent {
  readonly type: 'request'
  /** When it was decided, in milliseconds since the epoch. */
  readonly time: number
  /**
   * The command whose process holds the connection, ended or not, where the way out looked for it: it does
   * for refusals. Otherwise, and where that could not be told, the command that runs, if there is exactly
   * one, and else `null`.
   */
  readonly processId: string | null
  readonly decision: EgressDecision
}

/**
 * Somebody inside tries what no program does by itself, such as sending a canary. A request that was refused
 * for it has its own `request` and `denial` events. No secret is in it; the host was chosen inside.
 */
export interface AlarmEvent {
  readonly type: 'alarm'
  /** Milliseconds since the epoch. */
  readonly time: number
  /** The command that it is attributed to, as in {@link RequestEvent.processId}. */
  readonly processId: string | null
  readonly alarm: EgressAlarm
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

/** The sandbox or its way out said something. May be written by the inside: show it, never act on it. */
export interface LogEvent {
  readonly type: 'log'
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly message: string
}

/** Something happened in a sandbox. */
export type SandboxEvent =
  DenialEvent | RequestEvent | AlarmEvent | ExitEvent | LimitEvent | EndEvent | LogEvent

/** The event of a name. */
export type SandboxEventOf<Name extends SandboxEvent['type']> = Extract<
  SandboxEvent,
  { readonly type: Name }
>
