import { change, type Direction, type PolicyChange, stable } from './diff-lists.ts'

/** Named things before and after. */
export interface RecordPair {
  readonly clause: string
  readonly direction: Direction
  readonly before: Readonly<Record<string, unknown>>
  readonly after: Readonly<Record<string, unknown>>
}

function entries(of: Readonly<Record<string, unknown>>): readonly (readonly [string, string])[] {
  return Object.entries(of).map(([key, value]) => [key, stable(value)])
}

/** Variables, credentials and canaries, by name only: a value may be a secret. */
export function diffRecord(pair: RecordPair): readonly PolicyChange[] {
  const { clause } = pair
  const [coming, going] =
    pair.direction === 'grants'
      ? (['widens', 'narrows'] as const)
      : (['narrows', 'widens'] as const)
  const [before, after] = [new Map(entries(pair.before)), new Map(entries(pair.after))]
  const added = [...after].flatMap(([key, value]): readonly PolicyChange[] => {
    if (!before.has(key)) return [change(clause, coming, `adds ${JSON.stringify(key)}`)]
    if (before.get(key) === value) return []
    // Which of two values grants more cannot be told.
    return [change(clause, 'widens', `gives ${JSON.stringify(key)} another value`)]
  })
  const removed = [...before.keys()].filter((key) => !after.has(key))
  return [
    ...added,
    ...removed.map((key) => change(clause, going, `removes ${JSON.stringify(key)}`)),
  ]
}
