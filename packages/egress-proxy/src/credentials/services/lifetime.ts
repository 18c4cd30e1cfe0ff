/**
 * How long anything is believed that a service hands out. A new one is had before that; what claims to hold
 * for years would otherwise never be looked at again.
 */
const longestMs = 86_400_000

/**
 * When something ends that holds for so many seconds, counted from before it was asked for.
 *
 * @returns `null` when it is no number of seconds, or it is over already
 */
export function endAfterSeconds(seconds: unknown, askedMs: number): number | null {
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 1) return null
  return askedMs + Math.min(Math.floor(seconds) * 1000, longestMs)
}

/** When something ends that holds until a moment; `null` when that is none, or it is over already. */
export function endAtMoment(moment: number | null, askedMs: number): number | null {
  if (moment === null || moment <= askedMs) return null
  return Math.min(moment, askedMs + longestMs)
}
