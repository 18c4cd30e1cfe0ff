/** One difference between two policies. */
export interface PolicyChange {
  /** `filesystem.mounts`, `resources.pids` … */
  readonly clause: string
  /** `widens`: something can be reached, written or used that could not be before. */
  readonly effect: 'widens' | 'narrows'
  readonly text: string
}

/** Which effect the adding and the removing of a thing has. */
export type Direction = 'grants' | 'restricts'

/** Makes a change; what is not understood to narrow must be said to widen. */
export function change(clause: string, effect: PolicyChange['effect'], text: string): PolicyChange {
  return { clause, effect, text }
}

/** A value written the same way whatever the order of its keys; a missing field is no field. */
export function stable(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

/** A list before and after, and how its entries are written. */
export interface ListPair<T> {
  readonly clause: string
  readonly direction: Direction
  readonly before: readonly T[]
  readonly after: readonly T[]
  write(entry: T): string
}

/** Entries that came and went. */
export function diffList<T>(pair: ListPair<T>): readonly PolicyChange[] {
  const before = new Map(pair.before.map((entry) => [stable(entry), entry]))
  const after = new Map(pair.after.map((entry) => [stable(entry), entry]))
  const isGrant = pair.direction === 'grants'
  const added = [...after].filter(([key]) => !before.has(key))
  const removed = [...before].filter(([key]) => !after.has(key))
  return [
    ...added.map(([, entry]) =>
      change(pair.clause, isGrant ? 'widens' : 'narrows', `adds ${pair.write(entry)}`),
    ),
    ...removed.map(([, entry]) =>
      change(pair.clause, isGrant ? 'narrows' : 'widens', `removes ${pair.write(entry)}`),
    ),
  ]
}

/** A limit before and after, its default filled in; `null` is no bound. */
export interface LimitPair {
  readonly clause: string
  readonly before: number | null
  readonly after: number | null
}

/** A limit that was raised or lowered. */
export function diffLimit({ clause, before, after }: LimitPair): readonly PolicyChange[] {
  const from = before ?? Number.POSITIVE_INFINITY
  const to = after ?? Number.POSITIVE_INFINITY
  if (from === to) return []
  const text = `${to > from ? 'raised' : 'lowered'} from ${before ?? 'no bound'} to ${after ?? 'no bound'}`
  return [change(clause, to > from ? 'widens' : 'narrows', text)]
}
