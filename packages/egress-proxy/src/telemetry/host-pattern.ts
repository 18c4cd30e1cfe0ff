import type { CompiledPolicy } from '../decide/policy.ts'

/** The host pattern of some rule that covers a canonical name; `null` when none does. */
export function hostPattern({ allow, ask, deny }: CompiledPolicy, host: string): string | null {
  for (const index of [allow, ask, deny]) {
    const [found] = index.find(host)
    const pattern = found?.rules[0]?.host
    if (pattern !== undefined) return pattern
  }
  return null
}
