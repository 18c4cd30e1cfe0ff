import type { Needs } from '../decide/decision.ts'
import { plainHeaders } from '../decide/plain-headers.ts'
import type { Field, IncomingHead, OutgoingHead } from '../http-message.ts'
import { formatAuthority } from '../names/authority.ts'
import { preparedForRedaction } from '../redact/prepared.ts'
import { passedHandshakeFields } from '../websocket/handshake.ts'
import type { WholeBody } from './judged-body.ts'
import type { ReadRequest } from './read-request.ts'

/** What decides about a header on its way out. */
export interface Sent {
  readonly needs: Needs
  /** The body, where it was read before it was judged. */
  readonly whole: WholeBody | null
  /** Names of headers that hold the credential's own dummy, but for its slot. */
  readonly stray: readonly string[]
  /** The answer will be looked through for secrets. */
  readonly redacts: boolean
}

/** What is sent for a request that was allowed, before any credential is in it. */
export function outgoingHead(
  head: IncomingHead,
  { request, target }: ReadRequest,
  given: Sent,
): OutgoingHead {
  const { needs, whole, redacts } = given
  const { method, scheme, host, port, headers } = request
  const passed = head.upgrade === null ? headers : passedHandshakeFields(headers)
  const named = withFields(known(withoutStray(passed, given), needs.headers), needs.tenant)
  const fields = whole === null ? named : withFields(named, whole.fields)
  return {
    method,
    scheme,
    authority: formatAuthority(host, port, scheme === 'https' ? 443 : 80),
    target,
    headers: redacts ? preparedForRedaction(fields) : fields,
    upgrade: head.upgrade,
  }
}

/** Dummies of the credential in other headers than its own: what says who asks stands in one place only. */
function withoutStray(fields: readonly Field[], { stray }: Sent): readonly Field[] {
  return stray.length === 0 ? fields : fields.filter(([name]) => !stray.includes(name))
}

/** What a service is known to need, and what says how a message is sent and read. */
function known(fields: readonly Field[], names: ReadonlySet<string> | null): readonly Field[] {
  if (names === null) return fields
  return fields.filter(([name]) => plainHeaders.has(name) || names.has(name))
}

/** Fields in place of those of the same name. One without a value only takes away. */
function withFields(fields: readonly Field[], ours: readonly Field[]): readonly Field[] {
  if (ours.length === 0) return fields
  const kept = fields.filter(([name]) => !ours.some((field) => field[0] === name))
  for (const field of ours) if (field[1] !== '') kept.push(field)
  return kept
}
