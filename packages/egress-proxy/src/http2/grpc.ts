import type { ReasonCode } from '../decide/reason.ts'
import type { ResponseHead } from '../http-message.ts'
import type { Refusal } from '../refusal.ts'

/** Status numbers of gRPC that a refusal can have. */
type GrpcStatus = 4 | 7 | 8 | 13 | 14 | 16

/**
 * What a client of gRPC is told for each refusal: 4 DEADLINE_EXCEEDED, 7 PERMISSION_DENIED, 8
 * RESOURCE_EXHAUSTED, 13 INTERNAL, 14 UNAVAILABLE, 16 UNAUTHENTICATED. Clients retry 14 by themselves, so
 * it stands only where another try may help.
 */
const statusOf: Readonly<Record<ReasonCode, GrpcStatus>> = Object.freeze({
  bad_name: 7,
  bad_request: 7,
  bad_path: 7,
  host_not_allowed: 7,
  port_not_allowed: 7,
  address_literal: 7,
  denied_by_rule: 7,
  method_not_allowed: 7,
  path_not_allowed: 7,
  query_not_allowed: 7,
  header_not_allowed: 7,
  body_not_allowed: 7,
  body_unreadable: 7,
  foreign_credential: 16,
  dummy_misused: 16,
  minting_refused: 7,
  credential_unavailable: 14,
  credential_revoked: 16,
  secret_found: 7,
  canary_found: 7,
  response_unreadable: 13,
  websocket_not_allowed: 7,
  protocol_not_allowed: 7,
  authority_mismatch: 7,
  sni_mismatch: 7,
  address_denied: 7,
  self: 7,
  resolve_failed: 14,
  connect_failed: 14,
  tls_failed: 14,
  upstream_failed: 14,
  upstream_timeout: 4,
  budget_request: 8,
  budget_window: 8,
  budget_total: 8,
  budget_url: 8,
  budget_names: 8,
  rate_limited: 8,
  too_many_tunnels: 8,
  ask_denied: 7,
  ask_timeout: 4,
  ask_failed: 7,
  ask_missing: 7,
  hook_denied: 7,
  hook_failed: 7,
  unauthorized: 16,
  audit_failed: 7,
  closed: 14,
  internal: 13,
})

/** The most of a sentence that goes into a header. Characters. */
const messageLength = 1_024

/** The status number of gRPC for a refusal. */
export function grpcStatus(code: ReasonCode): number {
  return statusOf[code]
}

/**
 * The answer to a refused gRPC request: Trailers-Only, so HTTP 200 and no body. `caisson-refusal` says the
 * stable code, as the JSON of other refusals does.
 */
export function grpcRefusal(refusal: Refusal): ResponseHead {
  const sentence = `${refusal.reason} ${refusal.remedy}`.trim().slice(0, messageLength)
  return {
    status: 200,
    headers: [
      ['content-type', 'application/grpc'],
      ['grpc-status', String(statusOf[refusal.code])],
      ['grpc-message', percentEncode(sentence)],
      ['caisson-refusal', refusal.code],
    ],
  }
}

/** `grpc-message` is UTF-8 in which all but visible ASCII and blanks, and `%`, is percent-encoded. */
function percentEncode(text: string): string {
  let encoded = ''
  for (const byte of Buffer.from(text, 'utf8')) {
    if (byte >= 0x20 && byte <= 0x7e && byte !== 0x25) encoded += String.fromCharCode(byte)
    else encoded += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded
}
