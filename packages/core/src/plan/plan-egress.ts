import type { EgressDoor } from '../egress.ts'
import { egressEnvironment } from './egress-environment.ts'
import type { PlannedNetwork } from './types.ts'

/** What of an open way out matters to a plan; an `EgressSession` is one. */
export interface PlanEgress {
  readonly doors: readonly EgressDoor[]
  /** The authority that programs inside must trust, PEM. */
  readonly certificate: string
}

/** What a way out, or none, brings into a plan. */
export interface EgressPart {
  readonly network: PlannedNetwork
  /** How programs find the way out. */
  readonly environment: Readonly<Record<string, string>>
  /** Whether something inside answers questions for names. */
  readonly hasResolver: boolean
}

const noWayOut: EgressPart = { network: { kind: 'none' }, environment: {}, hasResolver: false }

/** Plans the way out. Doors are copied, so that freezing the plan leaves those of the session alone. */
export function planEgress(egress: PlanEgress | null): EgressPart {
  if (egress === null) return noWayOut
  const doors = egress.doors.map((door) => ({ ...door }))
  return {
    network: { kind: 'egress', doors },
    environment: egressEnvironment(doors),
    hasResolver: doors.some(({ kind }) => kind === 'resolver'),
  }
}
