/** Names from the policy as data: quoted, so that none of them can pass for a sentence. */
export function quoted(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(', ')
}
