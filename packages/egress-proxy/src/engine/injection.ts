import { createHash } from 'node:crypto'
import { CarrierFault, type Outgoing, RequestFault } from '../carriers/carrier.ts'
import type { CredentialKeeper, KeptCredential } from '../credentials/keeper.ts'
import type { Secret } from '../credentials/secret.ts'
import type { DialIdentity } from '../dial/dial.ts'
import { type Refusal, RefusalError } from '../refusal.ts'

/**
 * A credential on its way into one request: had when it is needed, put in when the upstream is proved, had
 * anew once when the upstream does not take it.
 */
export class Injection {
  readonly #keeper: CredentialKeeper
  readonly #kept: KeptCredential
  #sent: Secret | null = null
  #renewed = false

  private constructor(keeper: CredentialKeeper, kept: KeptCredential) {
    this.#keeper = keeper
    this.#kept = kept
  }

  /** For the identity that a rule gives a request; `null` where that is nobody's, or the guest's. */
  static of(keeper: CredentialKeeper, identity: string): Injection | null {
    if (identity === 'anonymous' || identity === 'guest') return null
    const kept = keeper.find(identity)
    // Judging knows no other identities than the keeper's: whatever this is, nothing may leave for it.
    if (kept === null) throw new RefusalError(unavailable(identity))
    return new Injection(keeper, kept)
  }

  get id(): string {
    return this.#kept.id
  }

  /** Whether it can be put into a request at once. */
  get isReady(): boolean {
    return this.#keeper.at(this.#kept.id) !== null
  }

  /** @throws RefusalError `credential_unavailable`, `credential_revoked` */
  async fetch(signal: AbortSignal): Promise<void> {
    await this.#keeper.get(this.#kept.id, signal)
  }

  /** Whose connections it uses: nobody else's requests go over them. */
  dialIdentity(): DialIdentity {
    const { id, carrier } = this.#kept
    const secret = this.#given()
    if (carrier.certificate === undefined) return { key: id }
    // A certificate that was renewed may have the key of the one before, and one may come back.
    const which = createHash('sha256').update(secret.bytes).digest('base64url')
    return this.#within(() => ({
      key: `${id}/${which}`,
      certificate: carrier.certificate?.(secret.bytes),
    }))
  }

  /** @throws RefusalError when the request has no place for it, or it is of no form that can stand there */
  put(outgoing: Outgoing): Outgoing {
    const secret = this.#given()
    this.#sent = secret
    return this.#within(() => this.#kept.carrier.put(outgoing, secret.bytes, Date.now()))
  }

  /** Another secret, after the upstream rejected this one: once for each request. */
  async renew(signal: AbortSignal): Promise<boolean> {
    if (this.#renewed) return false
    this.#renewed = true
    const rejected = this.#sent
    return rejected !== null && (await this.#keeper.renew(this.#kept.id, rejected, signal)) !== null
  }

  /** It may have expired, or been taken away, since it was had: then nothing leaves. */
  #given(): Secret {
    const secret = this.#keeper.at(this.#kept.id)
    if (secret === null) throw new RefusalError(unavailable(this.#kept.id))
    return secret
  }

  #within<T>(act: () => T): T {
    try {
      return act()
    } catch (error) {
      if (error instanceof RefusalError) throw error
      if (error instanceof RequestFault) throw new RefusalError(unfit(this.#kept.id, error.message))
      const reason = error instanceof CarrierFault ? error.message : 'it could not be put in'
      throw new RefusalError({
        ...unavailable(this.#kept.id),
        reason: `the credential ${JSON.stringify(this.#kept.id)}: ${reason}`,
      })
    }
  }
}

function unfit(id: string, fault: string): Refusal {
  return {
    code: 'bad_request',
    rule: null,
    reason: `the credential ${JSON.stringify(id)} cannot be put into this request: ${fault}`,
    remedy: 'send the request as the rule wants it; the proxy adds the credential by itself',
  }
}

function unavailable(id: string) {
  return {
    code: 'credential_unavailable',
    rule: null,
    reason: `the credential ${JSON.stringify(id)} cannot be had now`,
    remedy: 'try again later, and if that does not help, tell the owner of the sandbox',
    about: id,
  } as const
}
