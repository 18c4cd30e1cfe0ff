import type { Duplex } from 'node:stream'
import { connect, type SecureContext, type TLSSocket } from 'node:tls'
import type { ProxyLimits } from '../limits.ts'
import type { RefusalError } from '../refusal.ts'
import type { ApplicationProtocol } from './terminate-listen.ts'
import { isAddress } from './is-address.ts'
import { tlsFailure, tlsUnfinished } from './upstream-failure.ts'
import { checkIdentity, stillProves, type UpstreamIdentity } from './upstream-identity.ts'
import type { UpstreamSession, UpstreamSessions } from './upstream-sessions.ts'
import { upstreamContext, type UpstreamTrustOptions } from './upstream-trust-dial.ts'

/** How an upstream is proved. */
export interface ConnectTlsOptions extends UpstreamIdentity, UpstreamTrustOptions {
  /** What may be spoken, the preferred one first. */
  readonly alpn: readonly ApplicationProtocol[]
  readonly limits: Pick<ProxyLimits, 'tlsMs'>
  /** From `upstreamContext`, for all connections of a dialer; then `trust` and `clientCertificate` are those of it. */
  readonly context?: SecureContext | undefined
  /** For connections of one `context` only. */
  readonly sessions?: UpstreamSessions | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * TLS to an upstream over a connected socket: always verified, the name pinned to `host`, TLS 1.2 at
 * least. Nothing can switch that off, `NODE_TLS_REJECT_UNAUTHORIZED` neither. The socket belongs to this
 * function from the call on, and is destroyed when the promise rejects; no byte of a request is sent
 * before it resolves. Errors that come later end in `close`.
 *
 * @throws RefusalError `tls_failed`
 */
export async function connectTls(socket: Duplex, options: ConnectTlsOptions): Promise<TLSSocket> {
  // Nobody else listens, and an error without a listener ends the process.
  socket.on('error', () => undefined)
  try {
    if (options.signal?.aborted === true) throw tlsUnfinished('aborted')
    if (socket.destroyed) throw tlsUnfinished('closed')
    const resumed = resumable(options)
    const upstream = begin(socket, options, resumed)
    const keep = remember(upstream, options, resumed)
    await handshake(upstream, options)
    // A session by number has no ticket; one of TLS 1.3 is no good before its ticket came.
    if (upstream.getProtocol() === 'TLSv1.2') keep(upstream.getSession())
    return upstream
  } catch (error) {
    socket.destroy()
    options.sessions?.forget(options.host)
    throw error
  }
}

/** Node compares no name when a session is resumed, so what proved the upstream then has to do so now. */
function resumable({ sessions, ...wanted }: ConnectTlsOptions): UpstreamSession | undefined {
  const known = sessions?.find(wanted.host)
  if (known === undefined || stillProves(wanted, known.certificate, Date.now())) return known
  sessions?.forget(wanted.host)
  return undefined
}

function begin(
  socket: Duplex,
  options: ConnectTlsOptions,
  resumed: UpstreamSession | undefined,
): TLSSocket {
  const { host } = options
  const upstream = connect({
    socket,
    secureContext: options.context ?? upstreamContext(options),
    // An address is no server name (RFC 6066, section 3).
    servername: isAddress(host) ? '' : host,
    ALPNProtocols: [...options.alpn],
    // Said here, so that the environment is not asked.
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    checkServerIdentity: (_, certificate) => checkIdentity(options, certificate.raw),
    ...(resumed === undefined ? {} : { session: resumed.session }),
  })
  upstream.on('error', () => undefined)
  return upstream
}

async function handshake(upstream: TLSSocket, options: ConnectTlsOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => settle(tlsUnfinished('late')), options.limits.tlsMs)
    const onSecure = () =>
      settle(upstream.authorized ? null : tlsFailure(new Error('not verified')))
    const onError = (cause: Error) => settle(tlsFailure(cause))
    const onClose = () => settle(tlsUnfinished('closed'))
    const onAbort = () => settle(tlsUnfinished('aborted'))
    const settle = (error: RefusalError | null): void => {
      clearTimeout(timer)
      upstream.off('secureConnect', onSecure).off('error', onError).off('close', onClose)
      options.signal?.removeEventListener('abort', onAbort)
      if (error === null) return resolve()
      upstream.destroy()
      reject(error)
    }
    upstream.on('secureConnect', onSecure).on('error', onError).on('close', onClose)
    options.signal?.addEventListener('abort', onAbort)
  })
}

/** Keeps the sessions of a connection that is proved. Tickets of TLS 1.3 may come at any time. */
function remember(
  upstream: TLSSocket,
  { host, sessions }: ConnectTlsOptions,
  resumed: UpstreamSession | undefined,
): (session: Buffer | undefined) => void {
  if (sessions === undefined) return () => undefined
  let certificate = resumed?.certificate
  const keep = (session: Buffer | undefined): void => {
    // OpenSSL shows it before the second ticket, and not after.
    certificate = upstream.getPeerX509Certificate()?.raw ?? certificate
    if (session === undefined || certificate === undefined || !upstream.authorized) return
    sessions.keep(host, { session, certificate })
  }
  upstream.on('session', keep)
  return keep
}
