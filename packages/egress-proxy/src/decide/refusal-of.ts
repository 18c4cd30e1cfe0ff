import type { Refusal } from '../refusal.ts'
import type { Decision } from './decision.ts'

/**
 * What the client is told of a decision that is not carried out. Of one that allows there is nothing to
 * tell; whoever asks made a mistake, and the request is refused as `internal`.
 */
export function refusalOf(decision: Decision): Refusal {
  const { code, rule, reason, remedy, about } = decision
  if (code !== null)
    return about === undefined
      ? { code, rule, reason, remedy }
      : { code, rule, reason, remedy, about }
  return {
    code: 'internal',
    rule,
    reason: 'the request was refused for a reason that is not understood',
    remedy: 'report this to the owner of the sandbox',
  }
}
