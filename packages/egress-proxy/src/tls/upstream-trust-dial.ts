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
 * What every connection of a dialer verifies by; made once. Revocation is not asked for: a question to a
 * responder would be a way out that nobody judged.
 */
export function upstreamContext(options: UpstreamTrustOptions): SecureContext {
  const { trust = [], clientCertificate } = options
  const proof =
    clientCertificate === undefined
      ? {}
      : { cert: clientCertificate.chain, key: clientCertificate.privateKey }
  const minVersion = 'TLSv1.2'
  // Without a list, Node shares one store of its roots among all contexts.
  const context = createSecureContext({ minVersion, ...proof })
  if (trust.length === 0 || trustAlso(context, trust)) return context
  return createSecureContext({ minVersion, ca: [...rootCertificates, ...trust], ...proof })
}

/**
 * Lets a context trust authorities beside those of Node, which fills a store of its own for it from roots
 * that it has read already. Reading a list of all of them anew takes 20 ms for each sandbox. Node offers
 * this to itself alone, so whether it is there is looked at; `false` when not.
 */
function trustAlso({ context }: { readonly context: unknown }, trust: readonly string[]): boolean {
  if (!addsAuthorities(context)) return false
  for (const pem of trust) context.addCACert(pem)
  return true
}

function addsAuthorities(context: unknown): context is { addCACert(pem: string): void } {
  return (
    typeof context === 'object' &&
    context !== null &&
    'addCACert' in context &&
    typeof context.addCACert === 'function'
  )
}
