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
  const shown = new ShownCertificates(by.trust)
  return ({ host, port, peer, identity }) => {
    if (peer === 'parent') return parent
    if (identity?.certificate !== undefined)
      return shown.contextFor(identity.key, identity.certificate)
    return own.get(authorityOf(host, port)) ?? upstream
  }
}

/** Enough for every credential of a policy; what is beyond is made anew. */
const mostShown = 64

/** Contexts for certificates that come with an identity, each made once. */
class ShownCertificates {
  readonly #trust: readonly string[]
  readonly #made = new Map<string, ContextAndSessions>()

  constructor(trust: readonly string[]) {
    this.#trust = trust
  }

  contextFor(key: string, shown: ClientCertificateOption): ContextAndSessions {
    const known = this.#made.get(key)
    if (known !== undefined) return known
    const clientCertificate = { chain: shown.certificate, privateKey: shown.key }
    const made = make('a client certificate', { trust: this.#trust, clientCertificate })
    this.#made.set(key, made)
    const [oldest] = this.#made.keys()
    if (this.#made.size > mostShown && oldest !== undefined) this.#made.delete(oldest)
    return made
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
