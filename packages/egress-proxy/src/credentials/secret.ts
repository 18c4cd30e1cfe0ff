import type { SecretReference } from '@caisson/core'

/** A secret as it was had, and how long it holds. */
export interface Secret {
  /** Never made a string but for the moment in which it is used; overwritten when it is forgotten. */
  readonly bytes: Buffer
  /** Milliseconds since the epoch; `null` when it holds until somebody says otherwise. */
  readonly expiresAt: number | null
  /** Gives it back to whoever lent it. Missing where nobody takes it. */
  readonly revoke?: (signal: AbortSignal) => Promise<void>
}

/** A request to a service that hands out secrets. */
export interface TokenRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** `https:`, or `http:` on loopback; anything else is refused by whoever sends it. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer | undefined
}

/** Its answer, read whole, 1 MiB at most. No redirect is followed. */
export interface TokenAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** What sources work with. */
export interface SourceTools {
  /**
   * Reads on the host what a reference names.
   *
   * @param credential For which; `sourceOf` fills it in.
   * @throws SourceFault
   */
  read(reference: SecretReference, signal: AbortSignal, credential?: string): Promise<Secret>
  /** Speaks to a service that hands out secrets. @throws SourceFault */
  fetch(request: TokenRequest, signal: AbortSignal): Promise<TokenAnswer>
  /** Milliseconds since the epoch. */
  now(): number
}

/** Where a credential's secret comes from. Holds none itself. */
export interface SecretSource {
  /** Has a new one. Nothing is asked twice by itself: whoever calls knows when to try again. @throws SourceFault */
  get(signal: AbortSignal): Promise<Secret>
}

/**
 * A secret could not be had. The message is for the host application's log: it names the source, the step and
 * a status or error code, and never holds a byte of a secret or of what a service answered.
 */
export class SourceFault extends Error {
  /** Whether trying again later may help (a time-out, a 5xx, a 429). */
  readonly passing: boolean

  constructor(message: string, { passing = false }: { readonly passing?: boolean } = {}) {
    super(message)
    this.name = 'SourceFault'
    this.passing = passing
  }
}
