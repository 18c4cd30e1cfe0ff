/** The values that a query key or header may have; `null` is any one value. */
export type Expectation = ReadonlyMap<string, ReadonlySet<string> | null>

/** Makes one from the clause of a rule. Only the whole string `*` means any value. */
export function expectationOf(
  clause: Readonly<Record<string, string | readonly string[]>>,
): Expectation {
  return new Map(
    Object.entries(clause).map(([name, values]) => {
      if (values === '*') return [name, null]
      return [name, new Set(typeof values === 'string' ? [values] : values)]
    }),
  )
}

/**
 * Whether every name is expected and every value listed. A name that comes twice needs listed values:
 * two readers may choose different ones of them, and `*` says nothing about either.
 */
export function meets(
  expectation: Expectation,
  pairs: readonly (readonly [name: string, value: string])[],
  free?: ReadonlySet<string>,
): boolean {
  let once: Set<string> | null = null
  for (const [name, value] of pairs) {
    const values = expectation.get(name)
    if (values === undefined) {
      if (free?.has(name) !== true) return false
    } else if (values !== null) {
      if (!values.has(value)) return false
    } else {
      once ??= new Set()
      if (once.has(name)) return false
      once.add(name)
    }
  }
  return true
}
