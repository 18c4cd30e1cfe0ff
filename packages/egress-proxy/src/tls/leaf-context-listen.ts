import { constants, createHash } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'

/** What a server shows and proves for one name. */
export interface LeafMaterial {
  readonly host: string
  /** Leaf first, then what leads to the authority that clients trust; PEM. */
  readonly chain: string
  /** PEM of the key. Goes nowhere but into OpenSSL. */
  readonly privateKey: string
  /** 48 bytes that encrypt session tickets. */
  readonly ticketKeys: Buffer
}

const sessionSeconds = 3600

/**
 * A server's context for one name: TLS 1.2 at least, no renegotiation, no early data (Node leaves
 * OpenSSL's `max_early_data` at zero). A session is resumed only for the name that it began with.
 */
export function leafContext(material: LeafMaterial): SecureContext {
  return createSecureContext({
    cert: material.chain,
    key: material.privateKey,
    // An empty list, or OpenSSL would look for issuers in the public roots.
    ca: [],
    minVersion: 'TLSv1.2',
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION,
    sessionIdContext: createHash('sha256').update(material.host).digest('hex').slice(0, 32),
    sessionTimeout: sessionSeconds,
    ticketKeys: material.ticketKeys,
  })
}
