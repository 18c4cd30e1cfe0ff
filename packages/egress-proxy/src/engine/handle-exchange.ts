import type { HttpRequest } from '../decide/request.ts'
import type { Exchange } from '../exchange.ts'
import { isInSlot } from '../identity/slot-fault.ts'
import type { IncomingHead } from '../http-message.ts'
import { RefusalError } from '../refusal.ts'
import type { Client } from './client.ts'
import type { Engine } from './engine.ts'
import { type Allowed, Forward } from './forward.ts'
import { asked, type Ruling } from './judge.ts'
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

/** An exchange whose request could be read. */
interface Readable {
  readonly client: Client
  readonly read: ReadRequest
}

async function judgeAndForward(
  engine: Engine,
  exchange: Exchange,
  { client, read }: Readable,
): Promise<void> {
  const { request, target } = read
  const headBytes = sizeOf(exchange.head)
  try {
    const ruling = await engine.judge.http(request, client, {
      url: target.length,
      head: headBytes,
      body: exchange.body?.length ?? 0,
      readBody: () => readWhole(exchange, request, engine),
      onLeave: (listener) => exchange.onClose(listener),
    })
    if (ruling.allowed)
      await forwardFor(engine, { exchange, client, read, headBytes }, ruling).run()
    else answerRefusal(exchange, ruling.refusal)
  } catch (error) {
    // What stands in the way of every request alike; nothing was sent then.
    if (!(error instanceof RefusalError)) throw error
    await engine.judge.refuse(asked(request), error.refusal, client)
    answerRefusal(exchange, error.refusal)
  }
}

function forwardFor(
  engine: Engine,
  { exchange, client, read, headBytes }: Readable & Pick<Allowed, 'exchange' | 'headBytes'>,
  { decision, sequence, policy: judgedBy, whole }: Extract<Ruling, { allowed: true }>,
): Forward {
  const { needs } = decision
  // With what was read of it: a newer policy may want another body.
  const request = whole === null ? read.request : { ...read.request, body: whole.judged }
  // Field by field: a spread is one of the dearest lines of a request.
  const begun = { exchange, client, request, sequence, headBytes, judgedBy, needs }
  return new Forward(engine, {
    exchange,
    client,
    request,
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
