import { SandboxError } from '../errors.ts'
import type { Policy } from '../policy/types.ts'

/** The clause by which a policy asks for a way out of the sandbox; `null` when it reaches nothing. */
export function wayOutClause({ network = {} }: Policy): string | null {
  if ((network.allow ?? []).length > 0) return 'network.allow'
  if ((network.ask ?? []).length > 0) return 'network.ask'
  if (network.mode === 'observe') return 'network.mode'
  return (network.addresses?.allow ?? []).length > 0 ? 'network.addresses.allow' : null
}

/** Refuses, by name, clauses that nothing would enforce. Nothing is ignored in silence. */
export function checkSupport(policy: Policy, hasWayOut: boolean): void {
  const clause = wayOutClause(policy)
  if (clause !== null && !hasWayOut)
    throw new SandboxError('POLICY_UNSUPPORTED', `${clause}: there is no way out of this sandbox`, {
      hint: 'pass a `gateway`: egressGateway() of @caisson/egress-proxy, use the createSandbox of a driver package, or leave the clause out',
    })
  if (Object.keys(policy.credentials ?? {}).length > 0)
    throw new SandboxError('POLICY_UNSUPPORTED', 'credentials: this release cannot enforce it', {
      hint: 'leave them out: this release adds no credential to a request',
    })
}
