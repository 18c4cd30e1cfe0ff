import type { EnforcedBy } from '@caisson/core'
import type { Sandbox } from './subject.ts'

/** Who enforces a clause of the sandbox's policy, by the driver's own report. */
export function enforcedBy(sandbox: Sandbox, clause: string): EnforcedBy | null {
  return sandbox.enforcement.clauses.find((entry) => entry.clause === clause)?.by ?? null
}

/** Collects what a sandbox reports under one name from now on. */
export function listen(sandbox: Sandbox, name: string): readonly unknown[] {
  const reports: unknown[] = []
  sandbox.on(name, (report) => {
    reports.push(report)
  })
  return reports
}
