import { SandboxError } from '../errors.ts'
import type { Policy } from '../policy/types.ts'

/** The clause by which a policy asks for a way out of the sandbox; `null` when it reaches nothing. */
export function wayOutClause({ network = {} }: Policy): string | null {
  if ((network.allow ?? []).length > 0) return 'network.allow'
  if ((network.ask ?? []).length > 0) return 'network.ask'
  if (network.mode === 'observe') return 'network.mode'
  return (network.addresses?.allow ?? []).length > 0 ? 'network.addresses.allow' : null
}

/** A clause that makes a variable inside, which only a way out can do. */
function exposingClause(policy: Policy): string | null {
  if (Object.keys(policy.credentials ?? {}).length > 0) return 'credentials'
  const canaries = Object.values(policy.network?.canaries ?? {})
  return canaries.some(({ expose }) => expose !== undefined) ? 'network.canaries' : null
}

/**
 * Refuses, by name, clauses that nothing would enforce. Nothing is ignored in silence: a credential in a
 * sandbox that reaches nothing would promise programs a key that is not there.
 *
 * @param hasWayOut - whether the sandbox has a way out, or gets one
 */
export function checkSupport(policy: Policy, hasWayOut: boolean): void {
  if (hasWayOut) return
  const clause = wayOutClause(policy)
  if (clause !== null)
    throw new SandboxError('POLICY_UNSUPPORTED', `${clause}: there is no way out of this sandbox`, {
      hint: 'pass a `gateway`: egressGateway() of @caisson/egress-proxy, use the createSandbox of a driver package, or leave the clause out',
    })
  const exposing = exposingClause(policy)
  if (exposing !== null)
    throw new SandboxError(
      'POLICY_UNSUPPORTED',
      `${exposing}: this policy names nothing to reach, so nothing would make them work`,
      { hint: 'name a host in network.allow or network.ask, or leave them out' },
    )
}
