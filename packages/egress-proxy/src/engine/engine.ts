import type { Authority } from '../tls/authority.ts'
import type { Ledger } from '../budget/ledger.ts'
import type { TokenBucket } from '../budget/token-bucket.ts'
import type { CompiledPolicy } from '../decide/policy.ts'
import type { Dialer } from '../dial/dial.ts'
import type { ProxyLimits } from '../limits.ts'
import type { NameAddresses } from '../resolve/name-addresses.ts'
import type { CredentialKeeper } from '../credentials/keeper.ts'
import type { Alarms } from './alarms.ts'
import type { BodyRoom } from './gather-body.ts'
import type { Screens } from './screens.ts'
import type { UploadMonitor } from './upload-monitor.ts'
import type { Deadlines } from './deadlines.ts'
import type { EgressHooks } from './hooks.ts'
import type { Judge } from './judge.ts'
import type { OpenConnections } from './open-connections.ts'
import type { Recorder } from './recorder.ts'

/** What the parts of one proxy share. Nothing of it is shared with another proxy. */
export interface Engine {
  readonly limits: ProxyLimits
  readonly dialer: Dialer
  readonly authority: Authority
  readonly names: NameAddresses
  readonly ledger: Ledger
  readonly handshakes: TokenBucket
  /** Questions for names, for each second. */
  readonly questions: TokenBucket
  readonly hooks: EgressHooks
  readonly judge: Judge
  readonly keeper: CredentialKeeper
  readonly screens: Screens
  readonly alarms: Alarms
  readonly uploads: UploadMonitor
  readonly room: BodyRoom
  readonly recorder: Recorder
  readonly deadlines: Deadlines
  readonly open: OpenConnections
  policy(): CompiledPolicy
  /** Milliseconds of a clock that only goes forward. */
  now(): number
  /** Bytes of answers and of what tunnels brought in. */
  received(bytes: number): void
}
