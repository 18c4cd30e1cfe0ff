import type { Duplex } from 'node:stream'
import { type SecureContext, TLSSocket } from 'node:tls'
import type { ProxyLimits } from '../limits.ts'
import { RefusalError } from '../refusal.ts'
import type { Authority } from './authority.ts'

/** A protocol above TLS, by its name in ALPN (RFC 7301). */
export type ApplicationProtocol = 'h2' | 'http/1.1'

/** How a client's TLS is ended here. */
export interface TerminateOptions {
  readonly authority: Pick<Authority, 'contextFor'>
  /** Canonical name that the connection is for. */
  readonly host: string
  /** What may be spoken, the preferred one first. */
  readonly alpn: readonly ApplicationProtocol[]
  readonly limits: Pick<ProxyLimits, 'tlsMs'>
  /** Read from the connection already. */
  readonly first: Buffer | null
  readonly signal: AbortSignal
}

/**
 * The server's side of TLS on a connection that was accepted before. The connection belongs to this
 * function from the call on: when the promise rejects it is destroyed. Errors that come after the
 * handshake end in `close`.
 *
 * @throws RefusalError `sni_mismatch` for a name that the authority may not vouch for, or a handshake
 * for another name; `bad_request` for a handshake that fails or takes too long; `closed` when aborted
 */
export async function terminateTls(
  connection: Duplex,
  options: TerminateOptions,
): Promise<TLSSocket> {
  // Nobody else listens, and an error without a listener ends the process.
  connection.on('error', () => undefined)
  try {
    const secureContext = options.authority.contextFor(options.host)
    if (options.signal.aborted) throw aborted()
    if (connection.destroyed) throw failed('the client went away before the TLS handshake')
    const client = wrap(connection, secureContext, options)
    await handshake(client, options)
    checkAgreement(client, options)
    // What a server of Node's own would do: node:http2 waits for a handshake while this says so.
    return Object.assign(client, { secureConnecting: false })
  } catch (error) {
    connection.destroy()
    throw error
  }
}

/** What a finished handshake agreed on; a client that named nothing speaks HTTP/1.1. */
export function negotiatedProtocol(socket: TLSSocket): ApplicationProtocol {
  return socket.alpnProtocol === 'h2' ? 'h2' : 'http/1.1'
}

function wrap(
  connection: Duplex,
  secureContext: SecureContext,
  options: TerminateOptions,
): TLSSocket {
  connection.pause()
  const { first } = options
  if (first !== null && first.length > 0) connection.unshift(first)
  const client = new TLSSocket(connection, {
    isServer: true,
    secureContext,
    requestCert: false,
    // OpenSSL takes the first of ours that the client named, and answers with an alert when none is.
    ALPNProtocols: [...options.alpn],
  })
  client.on('error', () => undefined)
  return client
}

/**
 * Waits for the end of the handshake. A TLS socket that fails closes by itself, after OpenSSL's alert
 * was written.
 */
async function handshake(client: TLSSocket, options: TerminateOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const late = () => settle(failed('the TLS handshake took too long'))
    const timer = setTimeout(late, options.limits.tlsMs)
    const onSecure = () => settle(null)
    const onError = (cause: Error) => settle(failed('the TLS handshake failed', cause))
    const onClose = () => settle(failed('the client went away during the TLS handshake'))
    const onAbort = () => settle(aborted())
    const settle = (error: RefusalError | null): void => {
      clearTimeout(timer)
      client.off('secure', onSecure).off('error', onError).off('close', onClose)
      options.signal.removeEventListener('abort', onAbort)
      if (error === null) return resolve()
      client.destroy()
      reject(error)
    }
    client.on('secure', onSecure).on('error', onError).on('close', onClose)
    options.signal.addEventListener('abort', onAbort)
  })
}

/** What a handshake that succeeded must not have agreed on. */
function checkAgreement(client: TLSSocket, options: TerminateOptions): void {
  const { servername } = client
  if (typeof servername === 'string' && servername.toLowerCase() !== options.host) {
    client.destroy()
    throw otherName()
  }
  // A client without ALPN speaks HTTP/1.1, which may be what is not wanted.
  if (!options.alpn.includes(negotiatedProtocol(client))) {
    client.destroy()
    throw failed('the client names no protocol that is spoken here')
  }
}

function failed(what: string, cause?: Error): RefusalError {
  return new RefusalError(
    {
      code: 'bad_request',
      rule: null,
      reason: `The connection was closed: ${what}.`,
      remedy: 'Use TLS 1.2 or 1.3, and trust the certificate authority of the sandbox.',
    },
    cause === undefined ? {} : { cause },
  )
}

function otherName(): RefusalError {
  return new RefusalError({
    code: 'sni_mismatch',
    rule: null,
    reason: 'The name in the TLS handshake is not the host that the connection is for.',
    remedy: 'Use the same name in the connection and in the TLS handshake.',
  })
}

function aborted(): RefusalError {
  return new RefusalError({
    code: 'closed',
    rule: null,
    reason: 'The way out of this sandbox is closing.',
    remedy: 'Nothing: the sandbox ends.',
  })
}
