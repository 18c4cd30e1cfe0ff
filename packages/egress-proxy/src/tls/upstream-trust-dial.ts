import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls'

/** A certificate and key by which the proxy proves itself to upstreams that ask, PEM. */
export interface ClientCertificate {
  readonly chain: string
  readonly privateKey: string
}

/** Whom upstreams are verified against. */
export interface UpstreamTrustOptions {
  /** PEM of authorities that are trusted beside those that Node was built with. */
  readonly trust?: readonly string[] | undefined
  readonly clientCertificate?: ClientCertificate | undefined
}

/**
 * What every connection of a dialer verifies by; made once, as reading the roots takes milliseconds.
 * Revocation is not asked for: a question to a responder would be a way out that nobody judged.
 */
export function upstreamContext(options: UpstreamTrustOptions): SecureContext {
  const { trust = [], clientCertificate } = options
  return createSecureContext({
    minVersion: 'TLSv1.2',
    // Without a list, Node shares one store of its roots among all contexts.
    ...(trust.length === 0 ? {} : { ca: [...rootCertificates, ...trust] }),
    ...(clientCertificate === undefined
      ? {}
      : { cert: clientCertificate.chain, key: clientCertificate.privateKey }),
  })
}
