import type { SandboxPlan } from '@caisson/core'
import { doorsOf } from './doors.ts'

/** Descriptors as bwrap counts them. What depends on the plan comes after: see {@link firstFile}. */
export const descriptor = { error: 2, link: 3, options: 4, status: 5 } as const

/** The channel on which init hands its doors to the host's process; `null` when it has none. */
export function doorChannel(plan: SandboxPlan): number | null {
  return doorsOf(plan).length === 0 ? null : descriptor.status + 1
}

/** Where the contents of files begin; the rest follows them. */
export function firstFile(plan: SandboxPlan): number {
  return (doorChannel(plan) ?? descriptor.status) + 1
}
