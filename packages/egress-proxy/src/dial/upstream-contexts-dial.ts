import type { SecureContext } from 'node:tls'
import { UpstreamSessions } from '../tls/upstream-sessions.ts'
import { upstreamContext, type UpstreamTrustOptions } from '../tls/upstream-trust-dial.ts'
import type { TlsWish } from './dial-parts.ts'
import { authorityOf, parseHostAndPort } from './endpoint.ts'

/** A certificate and its key, PEM, by which the proxy proves itself to an upstream. */
export interface ClientCertificateOption {
  readonly certificate: string
  readonly key: string
}

/** What connections verify by and prove themselves by. */
export interface TlsTrust {
  /** PEM, beside the authorities of Node. */
  readonly trust: readonly string[]
  /** The same for a parent proxy. */
  readonly parentTrust: readonly string[]
  /** By canonical `host:port`. */
  readonly clientCertificates: Readonly<Record<string, ClientCertificateOption>>
}

/** A context with the sessions that were made under it; those of another must not be resumed. */
export interface ContextAndSessions {
  readonly context: SecureContext
  readonly sessions: UpstreamSessions
}

/**
 * Makes the contexts that connections of one dialer share: one for upstreams, one for the parent proxy,
 * and one for each upstream that is shown a client certificate.
 *
 * @throws TypeError for a key that is no canonical `host:port`, or PEM that cannot be read; what it holds
 * is not in the message.
 */
export function upstreamContexts(by: TlsTrust): (wish: TlsWish) => ContextAndSessions {
  const upstream = make('trust', { trust: by.trust })
  const parent = make('upstream.trust', { trust: by.parentTrust })
  const own = new Map(
    Object.entries(by.clientCertificates).map(([key, { certificate, key: privateKey }]) => {
      const where = `clientCertificates[${JSON.stringify(key)}]`
      if (parseHostAndPort(key) === null) {
        throw new TypeError(`${where}: the key must be a lower-case "host:port"`)
      }
      const clientCertificate = { chain: certificate, privateKey }
      return [key, make(where, { trust: by.trust, clientCertificate })]
    }),
  )
  return ({ host, port, peer }) => {
    if (peer === 'parent') return parent
    return own.get(authorityOf(host, port)) ?? upstream
  }
}

function make(where: string, options: UpstreamTrustOptions): ContextAndSessions {
  try {
    return { context: upstreamContext(options), sessions: new UpstreamSessions() }
  } catch {
    // OpenSSL's words may quote what was given; a private key is part of that.
    throw new TypeError(`${where}: not PEM that can be used`)
  }
}
