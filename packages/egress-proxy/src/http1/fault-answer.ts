import { responseText } from './head-text.ts'
import type { MessageFault } from './message-fault.ts'

/** What a client is told of a message that was refused: nothing of its bytes is in it. */
export function faultAnswer({ status, code, message }: MessageFault): string {
  const body = `${JSON.stringify({ code, reason: message })}\n`
  const head = responseText(
    { status, headers: [['content-type', 'application/json']] },
    { framing: 'length', length: body.length, close: true, upgrade: false, trailers: false },
  )
  return head + body
}
