import { decide } from '../decide/decide.ts'
import type { Needs } from '../decide/decision.ts'
import type { CompiledPolicy } from '../decide/policy.ts'
import type { Refusal } from '../refusal.ts'
import type { Carried } from './open-connections.ts'

/**
 * Whether a policy allows what was begun under an older one, in the way that it is carried and in the same
 * name. What somebody
 * granted stays granted while it may be asked for; what the older one allowed unasked was never granted.
 */
export function stillAllows(
  policy: CompiledPolicy,
  carried: Carried,
  older: CompiledPolicy,
): boolean {
  const decision = decide(policy, carried.request)
  if (decision.verdict === 'deny') return false
  const before = decide(older, carried.request)
  if (decision.verdict === 'ask' && before.verdict !== 'ask') return false
  if ('handling' in carried) return decision.needs.handling.includes(carried.handling)
  // A body that is on its way unread was never judged by what the newer policy says of bodies.
  if (decision.needs.body && !before.needs.body && carried.request.body === null) return false
  return isSameName(decision.needs, before.needs)
}

/** What was made ready for one identity, or one tenant, must not leave when the newer policy says another. */
function isSameName(now: Needs, before: Needs): boolean {
  return (
    now.identity === before.identity &&
    now.headers === before.headers &&
    now.tenant.length === before.tenant.length &&
    now.tenant.every(([name, value], at) => {
      const [oldName, oldValue] = before.tenant[at] ?? []
      return name === oldName && value === oldValue
    })
  )
}

/** For what was allowed when it was asked for, and is not any more when it could begin. */
export const noLongerAllowed: Refusal = Object.freeze({
  code: 'closed',
  rule: null,
  reason: 'a newer policy came in between, and does not allow this any more',
  remedy: 'ask again, to hear what the newer policy says',
})
