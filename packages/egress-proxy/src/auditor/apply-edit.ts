import { type NetworkPolicy, parsePolicy, type Policy, type PolicyFinding } from '@caisson/core'

/** What a finding proposes. */
export type PolicyEdit = NonNullable<PolicyFinding['edit']>

function replaced(
  list: readonly unknown[] | undefined,
  index: number,
  value: unknown,
): readonly unknown[] {
  if (list === undefined || index >= list.length) {
    throw new RangeError(`the policy has no such clause: there is nothing at [${index}]`)
  }
  return list.flatMap((one, at) => (at !== index ? [one] : value === null ? [] : [value]))
}

/** An object with a key set, or taken away. */
function withKey(from: object | undefined, key: string, value: unknown): object {
  const entries = Object.entries(from ?? {}).filter(([name]) => name !== key)
  return Object.fromEntries(value === null ? entries : [...entries, [key, value]])
}

function inNetwork(network: NetworkPolicy, clause: string, value: unknown): object {
  const rule = /^(allow|ask)\[(\d{1,9})\]$/.exec(clause)
  if (rule !== null) {
    const list = rule[1] === 'allow' ? 'allow' : 'ask'
    return { ...network, [list]: replaced(network[list], Number(rule[2]), value) }
  }
  const range = /^addresses\.allow\[(\d{1,9})\]$/.exec(clause)
  if (range !== null) {
    const allow = replaced(network.addresses?.allow, Number(range[1]), value)
    return { ...network, addresses: { ...network.addresses, allow } }
  }
  if (clause === 'mode' || clause === 'budgets') return withKey(network, clause, value)
  throw new RangeError(`no finding proposes to change network.${clause}`)
}

function edited(policy: Policy, { clause, value }: PolicyEdit): object {
  if (clause.startsWith('credentials.')) {
    const id = clause.slice('credentials.'.length)
    if (policy.credentials === undefined || !Object.hasOwn(policy.credentials, id)) {
      throw new RangeError(`the policy has no credential ${JSON.stringify(id)}`)
    }
    return { ...policy, credentials: withKey(policy.credentials, id, value) }
  }
  if (!clause.startsWith('network.')) throw new RangeError(`no finding is about ${clause}`)
  return {
    ...policy,
    network: inNetwork(policy.network ?? {}, clause.slice('network.'.length), value),
  }
}

/**
 * The policy with an edit of a finding in it: the clause replaced, or taken away by `null`. What comes behind a
 * rule that is taken away moves up, so that findings are to be asked for anew after each edit.
 *
 * @returns Parsed and frozen.
 * @throws RangeError for a clause that the policy does not have, or that no finding is about
 * @throws SandboxError `POLICY_INVALID` for a value that the clause cannot have
 * @example
 * ```ts
 * const worst = auditPolicy(policy).find((finding) => finding.edit !== undefined)
 * const better = worst?.edit === undefined ? policy : applyEdit(policy, worst.edit)
 * ```
 */
export function applyEdit(policy: Policy, edit: PolicyEdit): Policy {
  return parsePolicy(edited(policy, edit))
}
