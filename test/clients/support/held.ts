import type { Credential } from '@caisson/core'

/** A secret that stays outside, and how programs inside come by a dummy of it. Made up, as all in here. */
export const held = 'made-up-secret-of-ours-0123456789'

/** What whoever steals would bring along: unlike ours, as what has most of a secret in it is one. */
export const stolen = 'brought-along-by-somebody-else-42'

/** The secret in one place of a request; the variable `API_KEY` holds the dummy. */
export function heldIn(carrier: Credential['carrier']): Record<'key', Credential> {
  return { key: { source: { static: held }, carrier, expose: 'API_KEY' } }
}
