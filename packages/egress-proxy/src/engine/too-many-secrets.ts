import { RefusalError } from '../refusal.ts'

/**
 * Makes what looks for secrets. When they are too many or too long to be looked for, nothing may pass unseen:
 * the request is refused, and says why.
 *
 * @throws RefusalError `credential_unavailable`
 */
export function orTooMany<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new RefusalError({
      code: 'credential_unavailable',
      rule: null,
      reason:
        'the secrets of this sandbox are too many or too long to be looked for in what passes',
      remedy: 'tell the owner of the sandbox to use fewer or shorter credentials',
    })
  }
}
