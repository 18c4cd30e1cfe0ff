import type { EgressDoor } from '../egress.ts'
import { egressEnvironment } from './egress-environment.ts'
import { noTrust, planTrust, type TrustFacts, type TrustPlan } from './trust.ts'
import type { PlannedNetwork } from './types.ts'

/** What of an open way out matters to a plan; an `EgressSession` is one. */
export interface PlanEgress {
  readonly doors: readonly EgressDoor[]
  /** The authority that programs inside must trust, PEM; empty when nothing is intercepted. */
  readonly certificate: string
  /** Variables inside: dummies of credentials, and canaries. Default: none. */
  readonly environment?: Readonly<Record<string, string>> | undefined
}

/** What a way out, or none, brings into a plan. */
export interface EgressPart {
  readonly network: PlannedNetwork
  /** How programs find the way out. */
  readonly environment: Readonly<Record<string, string>>
  /** Dummies and canaries. */
  readonly planted: Readonly<Record<string, string>>
  /** Whether something inside answers questions for names. */
  readonly hasResolver: boolean
  /** Where programs find whom to trust. */
  readonly trust: TrustPlan
}

const noWayOut: EgressPart = {
  network: { kind: 'none' },
  environment: {},
  planted: {},
  hasResolver: false,
  trust: noTrust,
}

const untrusting: TrustFacts = { bundle: null, javaStores: [] }

/** Plans the way out. Doors are copied, so that freezing the plan leaves those of the session alone. */
export function planEgress(egress: PlanEgress | null, host: TrustFacts = untrusting): EgressPart {
  if (egress === null) return noWayOut
  const doors = egress.doors.map((door) => ({ ...door }))
  const trust = egress.certificate === '' ? noTrust : planTrust(host, egress.certificate)
  return {
    network: { kind: 'egress', doors },
    environment: { ...egressEnvironment(doors), ...trust.environment },
    planted: { ...egress.environment },
    hasResolver: doors.some(({ kind }) => kind === 'resolver'),
    trust,
  }
}
