import type { ReasonCode } from '../decide/reason.ts'

/** The reply field of RFC 1928, 6. */
export const socksCodes: {
  readonly succeeded: 0
  readonly failed: 1
  readonly notAllowed: 2
  readonly hostUnreachable: 4
  readonly refused: 5
  readonly expired: 6
  readonly commandNotSupported: 7
  readonly addressNotSupported: 8
} = Object.freeze({
  succeeded: 0,
  failed: 1,
  notAllowed: 2,
  hostUnreachable: 4,
  refused: 5,
  expired: 6,
  commandNotSupported: 7,
  addressNotSupported: 8,
})

/** One of `socksCodes`. */
export type SocksCode = (typeof socksCodes)[keyof typeof socksCodes]

/** Answers a request. The bound address stays `0.0.0.0:0`: where the proxy dials from concerns nobody inside. */
export function socksReply(code: SocksCode): Buffer {
  return Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0])
}

/** What is no refusal by policy, which all else is. */
const failures: ReadonlyMap<ReasonCode, SocksCode> = new Map([
  ['resolve_failed', socksCodes.hostUnreachable],
  ['connect_failed', socksCodes.refused],
  ['upstream_timeout', socksCodes.expired],
  ['tls_failed', socksCodes.failed],
  ['upstream_failed', socksCodes.failed],
  ['bad_request', socksCodes.failed],
  ['closed', socksCodes.failed],
  ['internal', socksCodes.failed],
])

/** How a refusal is told to a SOCKS client, which has no words for more. */
export function socksCodeOf(reason: ReasonCode): SocksCode {
  return failures.get(reason) ?? socksCodes.notAllowed
}
