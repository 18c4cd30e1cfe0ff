import type { Policy } from '@caisson/core'
import { type FilledBudgets, fillBudgets } from '../budget/budgets.ts'
import { type AddressGuard, compileGuard } from '../addresses/guard.ts'
import { type CompiledPolicy, compilePolicy } from '../decide/policy.ts'

/** Everything that is made of one version of the policy; it never changes. */
export interface Snapshot {
  readonly compiled: CompiledPolicy
  readonly guard: AddressGuard
  readonly budgets: FilledBudgets
}

/**
 * Makes a policy ready.
 *
 * @throws SandboxError `POLICY_INVALID`, `POLICY_UNSUPPORTED`
 */
export function makeSnapshot(
  { network = {} }: Policy,
  version: number,
  nat64: readonly string[] = [],
): Snapshot {
  const { allow = [], deny = [] } = network.addresses ?? {}
  return Object.freeze({
    compiled: compilePolicy(network, version),
    guard: compileGuard({ allow, deny, nat64 }),
    budgets: fillBudgets(network.budgets),
  })
}

/** Holds the newest snapshot; every later look sees the new one. */
export class PolicyCell {
  #now: Snapshot

  constructor(first: Snapshot) {
    this.#now = first
  }

  get now(): Snapshot {
    return this.#now
  }

  replace(next: Snapshot): void {
    this.#now = next
  }
}
