import type { Duplex } from 'node:stream'
import type { Call, UpstreamConnection } from '../../dist/exchange.js'
import type { Body, OutgoingHead, ResponseHead } from '../../dist/http-message.js'
import { connectHttp1 } from '../../dist/http1/upstream.js'
import { defaultLimits } from '../../dist/limits.js'
import { collect, received } from './conversation.ts'
import type { Collected } from './conversation.ts'
import { duplexPair } from './duplex-pair.ts'

export const headOf = (more: Partial<OutgoingHead> = {}): OutgoingHead => ({
  method: 'GET',
  scheme: 'https',
  authority: 'a.test',
  target: '/',
  headers: [],
  upgrade: null,
  ...more,
})

export interface Outcome {
  readonly informed: number[]
  head: ResponseHead | null
  body: Collected | null
  connection: Duplex | null
  error: Error | null
  unsent: boolean | null
}

export function ask(
  upstream: UpstreamConnection,
  head: OutgoingHead,
  body: Body | null = null,
): { call: Call; outcome: Promise<Outcome> } {
  const outcome: Outcome = {
    informed: [],
    head: null,
    body: null,
    connection: null,
    error: null,
    unsent: null,
  }
  let call: Call | null = null
  const settled = new Promise<Outcome>((resolve) => {
    call = upstream.request(head, body, {
      informed: (status) => outcome.informed.push(status),
      responded: (answer, answerBody) => {
        outcome.head = answer
        void collect(answerBody).then((collected) => {
          outcome.body = collected
          resolve(outcome)
        })
      },
      switched: (answer, connection) => {
        outcome.head = answer
        outcome.connection = connection
        resolve(outcome)
      },
      failed: (error, unsent) => {
        outcome.error = error
        outcome.unsent = unsent
        resolve(outcome)
      },
    })
  })
  if (call === null) throw new Error('no call')
  return { call, outcome: settled }
}

export function pair(limits = defaultLimits): { upstream: UpstreamConnection; server: Duplex } {
  const [connection, server] = duplexPair()
  server.on('error', () => undefined)
  return { upstream: connectHttp1(connection, { limits }), server }
}

/** The outcome of a request that is answered with `bytes`, and then nothing or the end. */
export async function answered(
  bytes: string,
  more: { readonly head?: Partial<OutgoingHead>; readonly end?: boolean } = {},
): Promise<Outcome & { readonly canTake: boolean }> {
  const { upstream, server } = pair()
  const { outcome } = ask(upstream, headOf(more.head))
  server.resume()
  server.write(Buffer.from(bytes, 'latin1'))
  if (more.end === true) server.end()
  const result = await outcome
  await new Promise((resolve) => setImmediate(resolve))
  const { canTake } = upstream
  upstream.destroy()
  return { ...result, canTake }
}

export async function sent(head: OutgoingHead, body: Body | null): Promise<string> {
  const { upstream, server } = pair()
  const text = received(server)
  void ask(upstream, head, body).outcome
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
  upstream.destroy()
  return text
}
