import { RefusalError } from '../refusal.ts'

/** Failures of dialling, each with its sentences. */
export type DialFailure =
  | 'resolve_failed'
  | 'address_denied'
  | 'self'
  | 'connect_failed'
  | 'tls_failed'
  | 'rate_limited'
  | 'closed'

const sentences: Readonly<Record<DialFailure, readonly [reason: string, remedy: string]>> = {
  resolve_failed: [
    'The name of the upstream could not be resolved.',
    'Check the spelling of the name, and that the host can resolve it.',
  ],
  address_denied: [
    'The upstream leads to an address that must not be reached from here.',
    'If the service is meant to be private, the host application can list its address in network.addresses.allow.',
  ],
  self: [
    'The upstream leads back to the machine or proxy that this request came through.',
    'Ask for another host; the host application can name a service of its machine in the option `hosts`.',
  ],
  connect_failed: [
    'The upstream could not be reached.',
    'Try again later; if it lasts, check that the service is up and reachable from the host.',
  ],
  tls_failed: [
    'The upstream could not prove over TLS that it is the host that was asked for.',
    'Check that the service has a valid certificate for this name; it is never accepted without one.',
  ],
  rate_limited: [
    'Too many connections or lookups are open at once.',
    'Wait until earlier requests have ended, and try again.',
  ],
  closed: [
    'The connection was given up before the upstream was reached.',
    'If the sandbox still runs, make the request again.',
  ],
}

/**
 * A refusal by the dialer.
 *
 * @param detail A word or phrase of our own or of the system (`ECONNREFUSED`); never an address.
 */
export function dialRefusal(code: DialFailure, detail = ''): RefusalError {
  const [reason, remedy] = sentences[code]
  return new RefusalError({
    code,
    rule: null,
    reason: detail === '' ? reason : `${reason.slice(0, -1)} (${detail}).`,
    remedy,
  })
}

/**
 * The system's word for what went wrong, such as `ECONNREFUSED` or `CERT_HAS_EXPIRED`: the one part of an
 * error of Node's that names no address. Its message does, so it is not passed on, not even as `cause`.
 */
export function errorWord(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return ''
  const { code } = error
  return typeof code === 'string' && code.length <= 64 && isWord(code) ? code : ''
}

function isWord(text: string): boolean {
  return /^[A-Z0-9_]+$/.test(text)
}
