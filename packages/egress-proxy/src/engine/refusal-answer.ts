import { grpcRefusal } from '../http2/grpc.ts'
import type { Exchange } from '../exchange.ts'
import type { Field, ResponseHead } from '../http-message.ts'
import type { ReasonCode } from '../decide/reason.ts'
import type { Refusal } from '../refusal.ts'
import { fixedBody } from './fixed-body.ts'

/** Codes whose status is not 403 (RFC 9110, 15). */
const statuses: Partial<Record<ReasonCode, number>> = {
  bad_request: 400,
  bad_name: 400,
  bad_path: 400,
  method_not_allowed: 405,
  authority_mismatch: 421,
  budget_request: 413,
  budget_window: 429,
  budget_total: 429,
  budget_url: 429,
  budget_names: 429,
  rate_limited: 429,
  too_many_tunnels: 429,
  body_unreadable: 400,
  credential_unavailable: 503,
  response_unreadable: 502,
  resolve_failed: 502,
  connect_failed: 502,
  tls_failed: 502,
  upstream_failed: 502,
  upstream_timeout: 504,
  unauthorized: 407,
  audit_failed: 503,
  closed: 503,
  internal: 500,
}

/**
 * What a client gets instead of an answer, for programs and for the model that reads their output. Many
 * programs print nothing of a body but `error`: npm, and the libraries of model vendors.
 */
export function refusalAnswer(refusal: Refusal): { head: ResponseHead; text: string } {
  const { code, rule, reason, remedy } = refusal
  const error = remedy === '' ? reason : `${reason}; ${remedy}`
  const text = `${JSON.stringify({ error, refused: { code, rule, reason, remedy } })}\n`
  const headers: Field[] = [
    ['content-type', 'application/json'],
    ['cache-control', 'no-store'],
    ['caisson-refusal', code],
  ]
  if (code === 'unauthorized') headers.push(['proxy-authenticate', 'Basic realm="caisson"'])
  return { head: { status: statuses[code] ?? 403, headers, phrase: phraseOf(reason) }, text }
}

/** Long enough for a sentence with a name in it; clients bound their status lines. */
const longestPhrase = 300

/** The reason as words of a status line: pip, apt and npm print those and no body. */
function phraseOf(reason: string): string {
  const plain = reason.replaceAll(/[^ -~]/g, '?')
  return plain.length > longestPhrase ? `${plain.slice(0, longestPhrase)}...` : plain
}

/** Answers an exchange with a refusal, in the form that its protocol has for it. */
export function answerRefusal(exchange: Exchange, refusal: Refusal): void {
  const type = exchange.head.headers.find(([name]) => name === 'content-type')?.[1]
  if (type !== undefined && /^application\/grpc(?:[+;]|$)/i.test(type)) {
    exchange.respond(grpcRefusal(refusal), null)
    return
  }
  const { head, text } = refusalAnswer(refusal)
  exchange.respond(head, fixedBody(Buffer.from(text)))
}
