import type { Slot } from '../carriers/carrier.ts'

/** What judging a request has to know of a credential: where it belongs, and what may stand there instead. */
export interface Identity {
  readonly id: string
  readonly slot: Slot
  /** For `sigv4` the access key id. */
  readonly dummy: string
}

/** The credentials of a policy, as far as judging goes; by id. No secret is in it. */
export type Identities = ReadonlyMap<string, Identity>

export const noIdentities: Identities = new Map()
