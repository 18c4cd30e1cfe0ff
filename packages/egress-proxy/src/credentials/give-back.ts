import type { HeldSecret } from './held-secret.ts'
import { settledWithin } from './settled-within.ts'

/** How long whoever lent secrets may take to have them back. */
const longestMs = 5000

/**
 * Gives secrets back to whoever lent them, all at once and bounded in time; those that have expired are theirs
 * already. Never rejects.
 *
 * @returns how many could not be given back
 */
export async function giveBack(secrets: readonly HeldSecret[], now: number): Promise<number> {
  const lent = secrets.filter(
    ({ isLent, expiresAt }) => isLent && (expiresAt === null || expiresAt > now),
  )
  if (lent.length === 0) return 0
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), longestMs).unref()
  const { signal } = controller
  const given = await Promise.allSettled(
    lent.map((secret) => settledWithin(secret.revoke(signal), signal)),
  )
  clearTimeout(timer)
  return given.filter(({ status }) => status === 'rejected').length
}
