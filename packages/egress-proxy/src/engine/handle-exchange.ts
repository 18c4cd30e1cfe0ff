import type { HttpRequest } from '../decide/request.ts'
import type { Exchange } from '../exchange.ts'
import { isInSlot } from '../identity/slot-fault.ts'
import type { IncomingHead } from '../http-message.ts'
import type { Client } from './client.ts'
import type { Engine } from './engine.ts'
import { Forward } from './forward.ts'
import { readWhole } from './judged-body.ts'
import { outgoingHead } from './outgoing-request.ts'
import { type Channel, type ReadRequest, readRequest } from './read-request.ts'
import { answerRefusal } from './refusal-answer.ts'
import { runWebSocket } from './websocket.ts'

/** Judges one request and sees it through. Never rejects: whatever is unforeseen refuses. */
export async function handleExchange(
  engine: Engine,
  exchange: Exchange,
  { client, channel }: { readonly client: Client; readonly channel: Channel },
): Promise<void> {
  try {
    const read = readRequest(exchange.head, channel)
    if ('refusal' in read) {
      await engine.judge.refuse(read.asked, read.refusal, client)
      answerRefusal(exchange, read.refusal)
      return
    }
    await judgeAndForward(engine, exchange, { client, read })
  } catch {
    // Nobody knows how far it came: nothing more is sent, and the client sees a cut.
    exchange.abort()
  }
}

async function judgeAndForward(
  engine: Engine,
  exchange: Exchange,
  { client, read }: { readonly client: Client; readonly read: ReadRequest },
): Promise<void> {
  const { request, target } = read
  const headBytes = sizeOf(exchange.head)
  const ruling = await engine.judge.http(request, client, {
    url: target.length,
    head: headBytes,
    body: exchange.body?.length ?? 0,
    readBody: () => readWhole(exchange, request, engine),
    onLeave: (listener) => exchange.onClose(listener),
  })
  if (!ruling.allowed) {
    answerRefusal(exchange, ruling.refusal)
    return
  }
  const { sequence, policy: judgedBy, whole } = ruling
  // With what was read of it: a newer policy may want another body.
  const judged = whole === null ? request : { ...request, body: whole.judged }
  const { needs } = ruling.decision
  // Field by field: a spread is one of the dearest lines of a request.
  const begun = { exchange, client, request: judged, sequence, headBytes, judgedBy, needs }
  const forward = new Forward(engine, {
    exchange,
    client,
    request: judged,
    sequence,
    headBytes,
    judgedBy,
    needs,
    whole,
    outgoing: outgoingHead(exchange.head, read, {
      needs,
      whole,
      stray: strayNames(engine, request, needs.identity),
      redacts: engine.screens.answersAt(judgedBy, request.host) !== null,
    }),
    switched: (head, upstream) => void runWebSocket(engine, { ...begun, head, upstream }),
  })
  await forward.run()
}

/** What was let through as a dummy, and has no place in what is sent. */
function strayNames(
  { keeper }: Engine,
  { carriers }: HttpRequest,
  identity: string,
): readonly string[] {
  const kept = carriers.length === 0 ? null : keeper.find(identity)
  if (kept === null) return []
  const stray = carriers.filter((one) => !isInSlot(kept.carrier.slot, one))
  return stray.map(({ where, name }) => (where === 'cookie' ? 'cookie' : name))
}

/** About what the request line and the header take on the wire. */
function sizeOf(head: IncomingHead): number {
  let bytes = head.method.length + head.target.length + (head.authority?.length ?? 0) + 26
  for (const [name, value] of head.headers) bytes += name.length + value.length + 4
  return bytes
}
