import type { EgressAlarm, EgressDecision } from '@caisson/core'
import type { Checkpoint } from './options.ts'
import type { DecisionDetails, FinishedFigures } from './trail.ts'

/** What every line has. */
export interface AuditLineHead {
  /** Of this description: 1. */
  readonly schema: 1
  readonly sandboxId: string
  /** Counted from 1, without a gap. */
  readonly line: number
  /** Since the trail was opened, by a clock that only goes forward; milliseconds. */
  readonly elapsedMs: number
  /** Last field of the line: SHA-256, hexadecimal, over the hash of the line before (64 zeros before the
   * first), a line feed, and this line without `,"hash":"…"`. */
  readonly hash: string
}

/**
 * One line of an audit trail: a JSON object in visible ASCII, `hash` last, a line feed after it. Names
 * only, never a value: no header value, query value, body, address or secret. Texts are cut to a bound
 * each, ending with `…` (host 253, path and template 1024, names 64 characters); of more than 64 names
 * `queryKeysLeftOut` and `headerNamesLeftOut` say how many are missing.
 *
 * - `opened`: the first line.
 * - `decision`: something was allowed or refused, before it was done. `path` stands there only when the
 *   rule has no path template; `template` instead when it has one.
 * - `alarm`: somebody tried what no program does by itself.
 * - `finished`: what became of the allowed one with that `sequence`.
 * - `dropped`: so many lines found no room before this one (never in a strict trail that allowed anything
 *   meanwhile).
 * - `checkpoint`: speaks of all lines before it.
 */
export type AuditLine = AuditLineHead &
  (
    | { readonly type: 'opened'; readonly time: number; readonly strict: boolean }
    | DecisionLine
    | AlarmLine
    | ({
        readonly type: 'finished'
        readonly sequence: number
        readonly time: number
      } & FinishedFigures)
    | { readonly type: 'dropped'; readonly lines: number }
    | { readonly type: 'checkpoint'; readonly checkpoint: Checkpoint }
  )

/** An alarm, as a line tells it: its kind in `alarm`. */
export type AlarmLine = { readonly type: 'alarm'; readonly alarm: EgressAlarm['kind'] } & Omit<
  EgressAlarm,
  'kind'
>

/** A decision, as a line tells it. */
export type DecisionLine = { readonly type: 'decision' } & Omit<EgressDecision, 'path'> &
  ({ readonly path: string | null } | { readonly template: string }) &
  Omit<DecisionDetails, 'template' | 'tenantHeaders'> & {
    readonly tenantHeaders?: readonly string[]
    readonly queryKeysLeftOut?: number
    readonly headerNamesLeftOut?: number
  }
