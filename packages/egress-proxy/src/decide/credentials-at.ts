import type { CompiledPolicy } from './policy.ts'

/** Ids of the credentials that some rule puts into requests to a host, each once, sorted. */
export function credentialsAt(policy: CompiledPolicy, host: string): readonly string[] {
  const ids = new Set<string>()
  for (const { rules } of [...policy.allow.find(host), ...policy.ask.find(host)])
    for (const { pin } of rules) if (pin.kind === 'credential') ids.add(pin.identity.id)
  return [...ids].sort()
}
