import type { Secret } from './secret.ts'

/** Where a secret is kept: printing, comparing or serialising it shows nothing. */
export class HeldSecret implements Secret {
  readonly expiresAt: number | null
  readonly #bytes: Buffer
  readonly #lender: Secret | null

  constructor(secret: Secret) {
    this.expiresAt = secret.expiresAt
    this.#bytes = secret.bytes
    this.#lender = secret.revoke === undefined ? null : secret
  }

  static of(secret: Secret): HeldSecret {
    return secret instanceof HeldSecret ? secret : new HeldSecret(secret)
  }

  get bytes(): Buffer {
    return this.#bytes
  }

  /** Whether somebody takes it back. */
  get isLent(): boolean {
    return this.#lender !== null
  }

  async revoke(signal: AbortSignal): Promise<void> {
    await this.#lender?.revoke?.(signal)
  }

  /** Overwrites it. What still means to send it has nothing to send. */
  forget(): void {
    this.#bytes.fill(0)
  }
}
