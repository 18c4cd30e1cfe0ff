import { deepFreeze } from './plain-value.ts'
import type { Policy } from './types.ts'

/** Nobody can take it for a value: no policy that holds it parses. */
const hidden = ''

/** Hides every text of this name in a value, at any depth. Returns how many there were. */
function hide(value: unknown, name: string): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  for (const [key, member] of Object.entries(value)) {
    if (key === name && typeof member === 'string') count += Number(Reflect.set(value, key, hidden))
    else count += hide(member, name)
  }
  return count
}

/**
 * A policy to be shown: the same, but for the text of each `static` secret, which is empty. It does not
 * parse, lest somebody make a sandbox of it that sends empty secrets. Canaries stay: no view for tools has
 * them, and `network` is what an update begins from. The policy itself where it holds no such text.
 */
export function withoutSecrets(policy: Policy): Policy {
  const shown = structuredClone(policy)
  const counts = Object.values(shown.credentials ?? {}).map(({ source }) => hide(source, 'static'))
  return counts.some((count) => count > 0) ? deepFreeze(shown) : policy
}
