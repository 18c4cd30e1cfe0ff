import type {
  EgressAlarm,
  EgressArrival,
  EgressDecision,
  EgressDoor,
  EgressPeer,
  EgressUsage,
  SecretReference,
} from '@caisson/core'
import type { AuditOptions, Checkpoint } from '../audit/options.ts'
import type { AcceptedFor, ListenAt } from '../egress-proxy.ts'
import type { Question } from '../engine/asker.ts'
import type { RequestView, ResponseView } from '../engine/hooks.ts'
import type { TelemetryEvent } from '../telemetry/telemetry-event.ts'

/** Something that happened in the proxy's process, for whoever listens in the host's. */
export type News =
  | { readonly kind: 'decision'; readonly decision: EgressDecision }
  | { readonly kind: 'alarm'; readonly alarm: EgressAlarm }
  | { readonly kind: 'log'; readonly message: string }
  | { readonly kind: 'checkpoint'; readonly checkpoint: Checkpoint }
  | { readonly kind: 'telemetry'; readonly event: TelemetryEvent }

/** A call of a function of the host application, or of the host for what only it can read. */
export type Call =
  | { readonly name: 'locate'; readonly peer: EgressPeer }
  | { readonly name: 'onAsk'; readonly question: Omit<Question, 'signal'> }
  | { readonly name: 'onRequest'; readonly request: RequestView }
  | {
      readonly name: 'onResponse'
      readonly request: RequestView
      readonly response: ResponseView
    }
  | { readonly name: 'write'; readonly lines: string }
  | { readonly name: 'secret'; readonly credential: string; readonly reference: SecretReference }

/** What answers `secret`. A failure is no failed call: its message is for the log, over there. */
export type SecretAnswer =
  | {
      readonly had: true
      /** In base64. */
      readonly value: string
      readonly expiresAt: number | null
    }
  | { readonly had: false; readonly message: string; readonly passing: boolean }

/** An error, as it goes to the other side. */
export interface Failure {
  readonly type: 'SandboxError' | 'TypeError' | 'Error'
  readonly code: string | null
  readonly message: string
  readonly hint: string | null
}

/** From the proxy's process to the host's. `told` is answered with `heard`, `call` with an answer. */
export type Report =
  | { readonly kind: 'done'; readonly id: number; readonly value?: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: Failure }
  | {
      readonly kind: 'told'
      readonly upTo: number
      readonly news: readonly News[]
      readonly usage: EgressUsage
    }
  | { readonly kind: 'call'; readonly id: number; readonly call: Call }
  | { readonly kind: 'abort'; readonly id: number }

/** Options without what cannot leave a process: of functions, only the names. */
export interface PortableOptions {
  readonly plain: Readonly<Record<string, unknown>>
  readonly policy: Readonly<Record<string, unknown>>
  readonly audit:
    | (Omit<AuditOptions, 'write' | 'onCheckpoint' | 'signingKey'> & {
        readonly signingKey?: string | undefined
      })
    | null
  readonly telemetry: boolean
  readonly calls: readonly Exclude<Call['name'], 'secret'>[]
  /** Names of functions that hand out secrets. */
  readonly providers: readonly string[]
}

/**
 * From the host's process to the proxy's. What has an `id` and is no answer itself gets `done` or `failed`;
 * `attend` and `accept` come with a socket.
 */
export type Order =
  | { readonly kind: 'create'; readonly id: number; readonly options: PortableOptions }
  | { readonly kind: 'listen'; readonly id: number; readonly where: ListenAt }
  | { readonly kind: 'unlisten'; readonly id: number; readonly listener: number }
  | { readonly kind: 'attend'; readonly id: number; readonly door: EgressDoor | null }
  | { readonly kind: 'accept'; readonly id: number; readonly how: AcceptedFor | EgressArrival }
  | {
      readonly kind: 'update'
      readonly id: number
      readonly policy: Readonly<Record<string, unknown>>
    }
  | { readonly kind: 'rotate' | 'revoke'; readonly id: number; readonly credential: string }
  | { readonly kind: 'close'; readonly id: number }
  | { readonly kind: 'heard'; readonly upTo: number }
  | { readonly kind: 'answer'; readonly id: number; readonly value?: unknown }
  | { readonly kind: 'unanswered'; readonly id: number }

/** What `done` holds after `create`. */
export interface Made {
  readonly id: string
  readonly certificate: string
  readonly doors: readonly EgressDoor[]
  readonly environment: Readonly<Record<string, string>>
}

/** What `done` holds after `listen`. */
export interface MadeListener {
  readonly listener: number
  readonly host: string
  readonly port: number
  readonly token: string
  readonly url: string
}
