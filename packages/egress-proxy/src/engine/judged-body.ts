import { type ReadBody, readBody, readBodyLater, readLaterBytes } from '../body/read-body.ts'
import { viewBytes } from '../body/view-bytes.ts'
import type { HttpRequest, JudgedBody } from '../decide/request.ts'
import type { Exchange } from '../exchange.ts'
import type { Field } from '../http-message.ts'
import { findBodyCarriers } from '../identity/find-carriers.ts'
import type { ProxyLimits } from '../limits.ts'
import { type Refusal, RefusalError } from '../refusal.ts'
import { type BodyRoom, gatherBody } from './gather-body.ts'

/** A body that was read whole: what is judged of it, and what is sent for it. */
export interface WholeBody {
  readonly judged: JudgedBody
  /** Written anew from what was read, where that is possible. */
  readonly bytes: Buffer
  /** In place of the request's own fields of the same names; one without a value is only taken away. */
  readonly fields: readonly Field[]
}

const empty: WholeBody = Object.freeze({
  judged: Object.freeze({
    view: Object.freeze({ kind: 'empty' }),
    length: 0,
    carriers: Object.freeze([]),
  }),
  bytes: Buffer.alloc(0),
  fields: Object.freeze([]),
})

/**
 * Reads the body of a request, so that it can be judged before anything is sent.
 *
 * @throws RefusalError when it cannot be had whole; what it holds is for the rules to judge
 */
export async function readWhole(
  exchange: Exchange,
  request: HttpRequest,
  { limits, room }: { readonly limits: ProxyLimits; readonly room: BodyRoom },
): Promise<WholeBody> {
  if (exchange.body === null) return empty
  exchange.continue()
  const onLeave = (listener: () => void): void => exchange.onClose(listener)
  const most = limits.judgedBodyBytes
  const gathered = await gatherBody(exchange.body, most, { room, onLeave })
  if ('fault' in gathered) throw new RefusalError(unreadFor(gathered.fault, most))
  const held = gathered.bytes.length
  exchange.onClose(() => room.give(held))
  const given = {
    contentType: joined(request.headers, 'content-type'),
    contentEncoding: joined(request.headers, 'content-encoding'),
    bytes: gathered.bytes,
  }
  const isLong = given.contentEncoding !== null && held > readLaterBytes
  const read = isLong ? await readBodyLater(given, limits) : readBody(given, limits)
  const { view, bytes } = read
  const more = bytes.length + viewBytes(view) - held
  if (more > 0) {
    if (!room.take(more)) throw new RefusalError(unreadFor('no_room', most))
    exchange.onClose(() => room.give(more))
  }
  return {
    judged: { view, length: bytes.length, carriers: findBodyCarriers(view) },
    bytes,
    fields: fieldsOf(read, given.contentType),
  }
}

/** What has to be said anew of a body that was written anew. */
function fieldsOf({ decoded, contentType }: ReadBody, before: string | null): readonly Field[] {
  return [
    ...(decoded ? [['content-encoding', ''] as const] : []),
    ...(contentType !== null && contentType !== before
      ? [['content-type', contentType] as const]
      : []),
  ]
}

/** All values of a field: who takes only one of several reads another body than was judged. */
function joined(headers: readonly Field[], name: string): string | null {
  const values = headers.filter((field) => field[0] === name)
  if (values.length === 0) return null
  return values.map(([, value]) => value).join(', ')
}

function unreadFor(fault: 'too_large' | 'no_room' | 'broken_off', most: number): Refusal {
  if (fault === 'too_large')
    return {
      code: 'budget_request',
      rule: null,
      reason: `a body has to be judged here before it is sent, and may have ${most} bytes for that`,
      remedy:
        'send less at a time, or ask the owner of the sandbox to raise limits.judgedBodyBytes',
    }
  if (fault === 'no_room')
    return {
      code: 'rate_limited',
      rule: null,
      reason: 'too many bodies wait to be judged',
      remedy: 'send fewer large requests at a time',
    }
  return {
    code: 'closed',
    rule: null,
    reason: 'the body broke off',
    remedy: 'send it again, whole',
  }
}
