import type { DriverSession } from '../driver.ts'
import type { SandboxPlan } from '../plan/types.ts'
import type { EventHub } from './events.ts'
import type { Lifeline } from './lifeline.ts'

/** What the parts of one sandbox share. */
export interface SandboxContext {
  readonly plan: SandboxPlan
  readonly session: DriverSession
  readonly lifeline: Lifeline
  readonly events: EventHub
  /** Ends the whole sandbox because it does not do what it must. */
  readonly condemn: (detail: string) => void
}
