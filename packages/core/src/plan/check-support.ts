import { SandboxError } from '../errors.ts'
import type { Policy } from '../policy/types.ts'

function unsupported(clause: string, hint: string): SandboxError {
  return new SandboxError('POLICY_UNSUPPORTED', `${clause}: this release cannot enforce it`, {
    hint,
  })
}

const noWayOut = 'leave it out: a sandbox of this release reaches nothing'

/** Refuses, by name, clauses that no part of this release enforces. Nothing is ignored in silence. */
export function checkSupport(policy: Policy): void {
  const { network } = policy
  if ((network?.allow ?? []).length > 0) throw unsupported('network.allow', noWayOut)
  if (network?.mode === 'observe') throw unsupported('network.mode', noWayOut)
  if ((network?.addresses?.allow ?? []).length > 0) {
    throw unsupported('network.addresses.allow', noWayOut)
  }
  if (Object.keys(policy.credentials ?? {}).length > 0) {
    throw unsupported('credentials', 'leave them out: without a way out nothing could use them')
  }
}
