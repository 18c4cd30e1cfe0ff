import { faultRefusal } from '../refusal.ts'
import { responseText } from './head-text.ts'
import type { MessageFault } from './message-fault.ts'

/** What a client is told of a message that was refused, as of every refusal: nothing of its bytes is in it. */
export function faultAnswer({ status, message }: MessageFault): string {
  const refused = faultRefusal(message)
  const body = `${JSON.stringify({ refused })}\n`
  const headers = [
    ['content-type', 'application/json'],
    ['caisson-refusal', refused.code],
  ] as const
  const head = responseText(
    { status, headers, phrase: message },
    { framing: 'length', length: body.length, close: true, upgrade: false, trailers: false },
  )
  return head + body
}
