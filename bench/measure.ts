/** The value in the middle; the mean of the two when their number is even. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  if (upper === undefined) throw new RangeError('no values')
  const lower = sorted[middle - 1]
  return sorted.length % 2 === 1 || lower === undefined ? upper : (lower + upper) / 2
}

/** The smallest value that at least `share` of the values do not exceed (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const rank = Math.min(sorted.length, Math.max(1, Math.ceil(share * sorted.length)))
  const value = sorted[rank - 1]
  if (value === undefined) throw new RangeError('no values')
  return value
}

/** What is measured: performs once and answers with the figure, usually milliseconds. */
export type Trial = () => Promise<number>

/** A trial that answers with the milliseconds that an act took. */
export function timed(act: () => Promise<unknown>): Trial {
  return async () => {
    const from = performance.now()
    await act()
    return performance.now() - from
  }
}

/** What is compared. */
export interface Trials {
  readonly ours: Trial
  readonly floor: Trial
  readonly peer: Trial | null
}

/** Medians of the trials. */
export interface Medians {
  readonly ours: number
  readonly floor: number
  readonly peer: number | null
}

/**
 * Performs trials in turn (ours, floor, peer, ours, floor, peer …), so that whatever else the machine
 * does falls on all of them alike. The first `warmUp` rounds are not counted.
 */
export async function inTurn(trials: Trials, rounds: number, warmUp = 3): Promise<Medians> {
  const figures = { ours: [] as number[], floor: [] as number[], peer: [] as number[] }
  for (let round = -warmUp; round < rounds; round += 1) {
    for (const name of ['ours', 'floor', 'peer'] as const) {
      const found = await trials[name]?.()
      if (round >= 0 && found !== undefined) figures[name].push(found)
    }
  }
  const peer = trials.peer === null ? null : median(figures.peer)
  return { ours: median(figures.ours), floor: median(figures.floor), peer }
}
