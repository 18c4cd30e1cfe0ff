import type { FindingSeverity } from '@caisson/core'

/** From the worst on. */
const severities: readonly FindingSeverity[] = Object.freeze<FindingSeverity[]>([
  'critical',
  'high',
  'medium',
  'low',
  'info',
])

const ranks: ReadonlyMap<FindingSeverity, number> = new Map(
  severities.map((severity, rank) => [severity, rank]),
)

/** 0 is the worst. */
export function rankOf(severity: FindingSeverity): number {
  return ranks.get(severity) ?? 0
}

/** The worse of two. */
export function worse(a: FindingSeverity | null, b: FindingSeverity): FindingSeverity {
  return a !== null && rankOf(a) <= rankOf(b) ? a : b
}

/** No worse than a bound. */
export function atMost(severity: FindingSeverity, bound: FindingSeverity): FindingSeverity {
  return rankOf(severity) < rankOf(bound) ? bound : severity
}
