import { createHash, X509Certificate } from 'node:crypto'
import { isAddress } from './is-address.ts'

/** Who an upstream has to be. */
export interface UpstreamIdentity {
  /** Canonical name, or an address that a rule named. */
  readonly host: string
  /**
   * SHA-256 of the public keys (SubjectPublicKeyInfo) that its own certificate may have, base64. Empty
   * or missing: any.
   */
  readonly pins?: readonly string[] | undefined
}

/** The upstream has a valid certificate, of somebody else. */
export class IdentityError extends Error {
  readonly kind: 'name' | 'pin'

  constructor(kind: 'name' | 'pin') {
    super(kind === 'name' ? 'the certificate is for another name' : 'the key is not a pinned one')
    this.name = 'IdentityError'
    this.kind = kind
  }
}

/**
 * Compares by subject alternative names alone (RFC 9525, section 6.3): a common name is no name, a `*` is
 * one whole label. The name is the canonical one and nothing that anybody sent. Never throws: Node calls
 * it where an exception would end the process.
 */
export function checkIdentity(
  wanted: UpstreamIdentity,
  certificate: Uint8Array,
): IdentityError | undefined {
  try {
    return compare(wanted, new X509Certificate(certificate))
  } catch {
    // A certificate or key that OpenSSL cannot read proves nothing.
    return new IdentityError('name')
  }
}

function compare(
  wanted: UpstreamIdentity,
  certificate: X509Certificate,
): IdentityError | undefined {
  const { host, pins = [] } = wanted
  const named = isAddress(host)
    ? certificate.checkIP(host)
    : certificate.checkHost(host, { subject: 'never', partialWildcards: false })
  // An empty name would be taken for "any" by some.
  if (host === '' || named === undefined) return new IdentityError('name')
  if (pins.length === 0) return undefined
  const key = certificate.publicKey.export({ format: 'der', type: 'spki' })
  const pin = createHash('sha256').update(key).digest('base64')
  return pins.includes(pin) ? undefined : new IdentityError('pin')
}

/** Whether what proved an upstream once would prove it at this time too. */
export function stillProves(
  wanted: UpstreamIdentity,
  certificate: Uint8Array,
  at: number,
): boolean {
  if (checkIdentity(wanted, certificate) !== undefined) return false
  return Date.parse(new X509Certificate(certificate).validTo) > at
}
