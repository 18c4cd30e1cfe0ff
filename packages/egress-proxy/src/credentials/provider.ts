/** A secret as a function of the host application hands it out. */
export interface ProvidedSecret {
  readonly value: string
  /** Milliseconds since the epoch. Default: until an upstream answers 401. */
  readonly expiresAt?: number | undefined
}

/**
 * Hands out a secret. Called when one is needed, never twice at a time for one credential. Throwing, or taking
 * longer than `limits.credentialMs`, refuses the requests that wait; what is thrown is not told to anybody.
 */
export type CredentialProvider = (context: {
  readonly credential: string
  readonly signal: AbortSignal
}) => ProvidedSecret | Promise<ProvidedSecret>
