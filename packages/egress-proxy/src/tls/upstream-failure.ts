import { RefusalError } from '../refusal.ts'
import { IdentityError } from './upstream-identity.ts'

const expired = 'its certificate is expired or not valid yet'
const selfSigned = 'its certificate is self-signed'
const unknownAuthority = 'its certificate comes from an authority that is not trusted'
const oldProtocol = 'it does not speak TLS 1.2 or later'
const badCertificate = 'its certificate is not valid for this use'
const wantsCertificate = 'it wants a client certificate, or refuses the one it got'

/** What the codes of Node and OpenSSL mean (`X509_V_ERR_…`, without the prefix). */
const meanings: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: expired,
  CERT_NOT_YET_VALID: expired,
  DEPTH_ZERO_SELF_SIGNED_CERT: selfSigned,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  CERT_UNTRUSTED: unknownAuthority,
  CERT_SIGNATURE_FAILURE: badCertificate,
  CERT_CHAIN_TOO_LONG: badCertificate,
  CERT_REVOKED: badCertificate,
  CERT_REJECTED: badCertificate,
  INVALID_CA: badCertificate,
  INVALID_PURPOSE: badCertificate,
  PATH_LENGTH_EXCEEDED: badCertificate,
  UNSPECIFIED: badCertificate,
  ERR_SSL_UNSUPPORTED_PROTOCOL: oldProtocol,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: oldProtocol,
  ERR_SSL_WRONG_VERSION_NUMBER: 'what it speaks on this port is not TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'what it speaks on this port is not TLS',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: wantsCertificate,
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: 'the TLS handshake failed',
}

/** The refusal of an upstream that was not proved: words of ours, nothing that it sent, no address. */
export function tlsFailure(cause: Error): RefusalError {
  return refuse(meaning(cause), { cause })
}

/** The refusal of a handshake that did not come to an end. */
export function tlsUnfinished(why: 'late' | 'aborted' | 'closed'): RefusalError {
  const sentence = {
    late: 'the TLS handshake took too long',
    aborted: 'the request was given up',
    closed: 'it closed the connection during the TLS handshake',
  }
  return refuse(sentence[why])
}

function meaning(cause: Error): string {
  if (cause instanceof IdentityError) {
    return cause.kind === 'name'
      ? 'its certificate is for another name'
      : 'its key is not one of those that are pinned'
  }
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  return Object.hasOwn(meanings, code) ? (meanings[code] ?? '') : 'the TLS handshake failed'
}

function refuse(what: string, options?: ErrorOptions): RefusalError {
  return new RefusalError(
    {
      code: 'tls_failed',
      rule: null,
      reason: `The upstream could not be proved to be who it should be: ${what}.`,
      remedy:
        'Check the name; for an authority of its own, ask the owner to add it to the option `trust`.',
    },
    options,
  )
}
