import { decide } from '../decide/decide.ts'
import type { CompiledPolicy } from '../decide/policy.ts'
import type { Refusal } from '../refusal.ts'
import type { Carried } from './open-connections.ts'

/**
 * Whether a policy allows what was begun under an older one, in the way that it is carried. What somebody
 * granted stays granted while it may be asked for; what the older one allowed unasked was never granted.
 */
export function stillAllows(
  policy: CompiledPolicy,
  carried: Carried,
  older: CompiledPolicy,
): boolean {
  const decision = decide(policy, carried.request)
  if (decision.verdict === 'deny') return false
  if (decision.verdict === 'ask' && decide(older, carried.request).verdict !== 'ask') return false
  return !('handling' in carried) || decision.needs.handling.includes(carried.handling)
}

/** For what was allowed when it was asked for, and is not any more when it could begin. */
export const noLongerAllowed: Refusal = Object.freeze({
  code: 'closed',
  rule: null,
  reason: 'a newer policy came in between, and does not allow this any more',
  remedy: 'ask again, to hear what the newer policy says',
})
