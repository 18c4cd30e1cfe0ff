import type { EgressAlarm } from '@caisson/core'
import type { ReasonCode } from '../decide/reason.ts'
import type { UnusualUpload } from './upload-monitor.ts'
import type { TokenBucket } from '../budget/token-bucket.ts'

/** What an alarm says; the rest is added when it is told. */
export type Alarm = Pick<EgressAlarm, 'kind' | 'host' | 'about' | 'message' | 'processId'>

/** What alarms are told by. */
export interface AlarmParts {
  /** A flood of alarms says no more than its start. */
  readonly bucket: TokenBucket
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number
  /** Milliseconds since the epoch. */
  readonly time: () => number
  readonly onAlarm: (alarm: EgressAlarm) => void
}

/** Refusals that nobody comes to by mistake. */
const alarming: Partial<Record<ReasonCode, EgressAlarm['kind']>> = {
  foreign_credential: 'foreign_credential',
  dummy_misused: 'dummy_misused',
  minting_refused: 'minting_refused',
  secret_found: 'secret_found',
  canary_found: 'canary_found',
}

/** The kind of alarm that a refusal is, or `null`: most are none. */
export function alarmOf(code: ReasonCode): EgressAlarm['kind'] | null {
  return alarming[code] ?? null
}

/** Tells whoever watches, as fast as somebody could read: what comes faster is not told. */
export class Alarms {
  readonly #parts: AlarmParts

  constructor(parts: AlarmParts) {
    this.#parts = parts
  }

  /** An answer held a secret, which nobody inside gets to see. */
  reflected(host: string, about: string): void {
    const message = `an answer of ${host} held the credential ${JSON.stringify(about)}; it was made unreadable`
    this.tell({ kind: 'secret_reflected', host, about, message, processId: null })
  }

  /** Told once for each attempt, however many requests wait for it. */
  credentialFailed(id: string): void {
    const message = `the credential ${JSON.stringify(id)} could not be had; the log says why`
    this.tell({ kind: 'credential_failed', host: '', about: id, message, processId: null })
  }

  /** Much more than usual went to a host. */
  upload(host: string, { bytes, usual }: UnusualUpload): void {
    const before = usual === null ? 'nothing went there before' : `usual are ${Math.round(usual)}`
    const message = `${bytes} bytes went to ${host} in one request; ${before}`
    this.tell({ kind: 'unusual_upload', host, about: null, message, processId: null })
  }

  tell({ kind, host, about, message, processId }: Alarm): void {
    const { bucket, now, time, onAlarm } = this.#parts
    if (!bucket.take(now())) return
    onAlarm({ kind, time: time(), host, about, message, processId })
  }
}
