import type { OutgoingHead } from '../http-message.ts'

/**
 * Where a credential belongs in a request, for whoever checks that nothing else says who asks. `sigv4`
 * stands for `authorization` and every `x-amz-…` field that a signature brings along. `mtls` has no place
 * in a request.
 */
export type Slot =
  | { readonly kind: 'header'; readonly name: string; readonly scheme: string | null }
  | { readonly kind: 'basic'; readonly user: string }
  | { readonly kind: 'query'; readonly name: string }
  | { readonly kind: 'cookie'; readonly name: string }
  | { readonly kind: 'sigv4' }
  | { readonly kind: 'path'; readonly segment: number; readonly prefix: string }
  | { readonly kind: 'json'; readonly pointer: string }
  | { readonly kind: 'mtls' }

/** A request that is about to leave: what was judged, before the credential is in it. */
export interface Outgoing {
  readonly head: OutgoingHead
  /** The whole body where it was read (see `Carrier.needsBody`), else `null`. */
  readonly body: Buffer | null
}

/** Puts a secret into requests. Holds none. */
export interface Carrier {
  readonly slot: Slot
  /** Whether it can only do so with the whole body at hand (`sigv4`, `json`). */
  readonly needsBody: boolean
  /**
   * Takes away what is in the slot, and puts the secret there; touches nothing else.
   *
   * @param nowMs Milliseconds since the epoch, for signatures.
   * @throws CarrierFault when the secret is not of the form that it needs, or the request has no such place
   */
  put(outgoing: Outgoing, secret: Buffer, nowMs: number): Outgoing
  /** Every text that must not be seen, each as it goes over the wire: parts of the secret, what it is rendered to. */
  hidden(secret: Buffer): readonly Buffer[]
  /** For `mtls`: what the TLS handshake shows. */
  certificate?(secret: Buffer): { readonly certificate: string; readonly key: string }
}

/** A secret that does not fit its carrier, or a request that has no place for it. Its message holds no secret. */
export class CarrierFault extends Error {}

/** It is the request that has no place for the credential, or is signed for another; sending it again does not help. */
export class RequestFault extends CarrierFault {}
