import type { ReasonCode } from './decide/reason.ts'

/** A refusal as the client, the host application and the audit trail see it. No address, no secret. */
export interface Refusal {
  readonly code: ReasonCode
  /** The clause of the policy, or `null`. */
  readonly rule: string | null
  /** One sentence, for a model to read. */
  readonly reason: string
  readonly remedy: string
  /** The credential or canary that it is about, for whoever watches; not told to the client. */
  readonly about?: string | undefined
}

/** The refusal of bytes that are no request: they were answered before there was one to judge. */
export function faultRefusal(reason: string): Refusal {
  return { code: 'bad_request', rule: null, reason, remedy: 'send a well-formed request' }
}

/** Thrown where a step of a request comes to a refusal. */
export class RefusalError extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal, options?: ErrorOptions) {
    super(refusal.reason, options)
    this.name = 'RefusalError'
    this.refusal = refusal
  }
}
