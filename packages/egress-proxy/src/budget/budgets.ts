import type { Budgets } from '@caisson/core'

/** Budgets with every default filled in. */
export type FilledBudgets = { readonly [Name in keyof Budgets]-?: number }

const MiB = 1024 * 1024

/**
 * What holds when policy does not say. Wide enough for a package installation or a day of model calls,
 * narrow enough that nobody carries a disk away.
 */
export const defaultBudgets: FilledBudgets = Object.freeze({
  bytesPerRequest: 64 * MiB,
  bytesPerWindow: 256 * MiB,
  windowMs: 3_600_000,
  bytesTotal: 1024 * MiB,
  urlBytesPerWindow: 4 * MiB,
  requestsPerSecond: 500,
  openTunnels: 256,
  distinctNames: 1024,
})

/** The budgets of a policy, with the defaults where it is silent. */
export function fillBudgets(budgets: Budgets = {}): FilledBudgets {
  const given = Object.entries(budgets).filter(([, value]) => value !== undefined)
  return Object.freeze({ ...defaultBudgets, ...Object.fromEntries(given) })
}
