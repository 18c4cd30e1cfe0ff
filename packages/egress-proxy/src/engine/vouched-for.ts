import type { NamedHost } from '../decide/policy.ts'
import type { EgressOptions } from '../options.ts'
import { type AuthorityName, VouchedNames } from '../tls/vouched-names.ts'

/**
 * The names that a sandbox's authority is made for. One that only observes is made for all: what it would
 * refuse goes through, and has to be looked into.
 */
export function vouchedFor(
  { certificateNames = 'policy' }: EgressOptions,
  hosts: readonly NamedHost[],
  observes: boolean,
): readonly AuthorityName[] | 'any' {
  if (certificateNames === 'any' || observes) return 'any'
  const added = certificateNames === 'policy' ? [] : certificateNames
  return [
    ...hosts.map(({ pattern, wildcard }) => ({ pattern, wildcard })),
    ...added.map((pattern) => ({ pattern, wildcard: pattern.startsWith('*.') })),
  ]
}

/** Whether an authority made for these names may vouch for all that a host pattern stands for. */
export function coverage(names: readonly AuthorityName[] | 'any'): (pattern: string) => boolean {
  const vouched = new VouchedNames(names)
  // What covers one name below covers them all: constraints are subtrees.
  return (pattern) => vouched.covers(pattern.startsWith('*.') ? `a${pattern.slice(1)}` : pattern)
}
