import type { Carrier } from '../carriers/carrier.ts'
import type { Secret } from './secret.ts'

/** One credential of the policy, ready for use. */
export interface KeptCredential {
  readonly id: string
  readonly carrier: Carrier
  /** What programs inside may send in its place; always made, shown to them only if policy says so. */
  readonly dummy: Dummy
}

/** Stands inside for a secret; good for nothing. */
export interface Dummy {
  /** What may stand in the slot. For `sigv4` the access key id. */
  readonly value: string
  /** Variables inside. Empty when policy exposes none. */
  readonly environment: Readonly<Record<string, string>>
}

/** A text that must be neither sent nor seen, with whose it is. */
export interface HiddenText {
  readonly credential: string
  readonly bytes: Buffer
}

/**
 * The credentials of one sandbox: has each secret when it is first needed, one request for all who wait;
 * anew when four fifths of its life are over, it is renewed after a 401, or rotated; never hands out one that
 * has expired. Failures are remembered for a moment, so that a failing service is not asked for each request.
 */
export interface CredentialKeeper {
  /** In the order of the policy. */
  readonly credentials: readonly KeptCredential[]
  find(id: string): KeptCredential | null
  /** The secret if it is at hand and good; then nothing has to be waited for. */
  at(id: string): Secret | null
  /** @throws RefusalError `credential_unavailable`, `credential_revoked` */
  get(id: string, signal: AbortSignal): Promise<Secret>
  /**
   * After an upstream answered 401 to `rejected`: another one, or `null` when there is none to be had (the
   * source has no newer, or it was renewed a moment ago and rejected as well).
   */
  renew(id: string, rejected: Secret, signal: AbortSignal): Promise<Secret | null>
  /** @throws TypeError for an unknown id */
  rotate(id: string): Promise<void>
  /** @throws TypeError for an unknown id */
  revoke(id: string): Promise<void>
  /** Rises whenever `hidden` changes. */
  readonly version: number
  /** Every text of these credentials that was ever live, as rendered by their carriers. */
  hidden(ids: readonly string[]): readonly HiddenText[]
  /** Gives leases back (bounded in time), overwrites every secret. Idempotent; never rejects. */
  close(): Promise<void>
}
