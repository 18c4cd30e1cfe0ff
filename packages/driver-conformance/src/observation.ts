import type { EnforcedBy, Sandbox, SandboxEvent, SandboxEventOf } from '@caisson/core'

/** Who enforces a clause of the sandbox's policy, by the driver's own report. */
export function enforcedBy(sandbox: Sandbox, clause: string): EnforcedBy | null {
  return sandbox.enforcement.clauses.find((entry) => entry.clause === clause)?.by ?? null
}

/** Collects the events of one name from now on. */
export function listen<Name extends SandboxEvent['type']>(
  sandbox: Sandbox,
  name: Name,
): readonly SandboxEventOf<Name>[] {
  const events: SandboxEventOf<Name>[] = []
  sandbox.on(name, (event) => {
    events.push(event)
  })
  return events
}
