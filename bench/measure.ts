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

/**
 * Performs trials in turn (a, b, c, a, b, c …), so that whatever else the machine does falls on all of
 * them alike. The first `warmUp` rounds are not counted.
 */
export async function inTurn<Name extends string>(
  trials: Readonly<Record<Name, Trial>>,
  rounds: number,
  warmUp = 3,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(trials) as Name[]
  const figures = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    number[]
  >
  for (let round = -warmUp; round < rounds; round += 1) {
    for (const name of names) {
      const figure = await trials[name]()
      if (round >= 0) figures[name].push(figure)
    }
  }
  return figures
}
