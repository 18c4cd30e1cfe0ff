import type { Policy } from '@caisson/core'
import { type FilledBudgets, fillBudgets } from '../budget/budgets.ts'
import { type AddressGuard, compileGuard } from '../addresses/guard.ts'
import type { CredentialKeeper } from '../credentials/keeper.ts'
import { type Identities, noIdentities } from '../identity/identities.ts'
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
  {
    version,
    nat64 = [],
    identities = noIdentities,
  }: {
    readonly version: number
    readonly nat64?: readonly string[] | undefined
    readonly identities?: Identities | undefined
  },
): Snapshot {
  const { allow = [], deny = [] } = network.addresses ?? {}
  return Object.freeze({
    compiled: compilePolicy(network, version, identities),
    guard: compileGuard({ allow, deny, nat64 }),
    budgets: fillBudgets(network.budgets),
  })
}

/** What judging has to know of the credentials that are kept. */
export function identitiesOf({ credentials }: CredentialKeeper): Identities {
  return new Map(
    credentials.map(({ id, carrier, dummy }) => [
      id,
      { id, slot: carrier.slot, dummy: dummy.value },
    ]),
  )
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
