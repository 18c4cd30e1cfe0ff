import type { Duplex } from 'node:stream'
import type { Exchange, ProtocolFault } from '../../dist/exchange.js'
import type { Body, Field, IncomingHead } from '../../dist/http-message.js'
import { serveHttp1 } from '../../dist/http1/front.js'
import type { Http1FrontOptions } from '../../dist/http1/front.js'
import { defaultLimits } from '../../dist/limits.js'
import { duplexPair } from './duplex-pair.ts'

export interface Collected {
  bytes: Buffer
  trailers: readonly Field[]
  error: Error | null
}

/** Reads a body to its end or failure. */
export function collect(body: Body | null): Promise<Collected> {
  if (body === null) return Promise.resolve({ bytes: Buffer.alloc(0), trailers: [], error: null })
  const chunks: Uint8Array[] = []
  return new Promise((resolve) => {
    const over = (trailers: readonly Field[], error: Error | null): void =>
      resolve({ bytes: Buffer.concat(chunks), trailers, error })
    body.start({
      data: (chunk) => void chunks.push(Buffer.from(chunk)),
      end: (trailers) => over(trailers, null),
      fail: (error) => over([], error),
    })
  })
}

/** A body that pushes the given pieces, and ends or fails. */
export function bodyOf(
  pieces: readonly (string | Uint8Array)[],
  end: {
    readonly length?: number | null
    readonly trailers?: readonly Field[]
    readonly error?: Error
  } = {},
): Body & { readonly isCancelled: boolean } {
  let isCancelled = false
  return {
    length: end.length ?? null,
    get isCancelled() {
      return isCancelled
    },
    start(sink) {
      process.nextTick(() => {
        for (const piece of pieces) if (!isCancelled) sink.data(Buffer.from(piece))
        if (isCancelled) return
        if (end.error === undefined) sink.end(end.trailers ?? [])
        else sink.fail(end.error)
      })
    },
    pause: () => undefined,
    resume: () => undefined,
    cancel: () => {
      isCancelled = true
    },
  }
}

/** What comes out of a connection until it ends, as latin-1. */
export function received(connection: Duplex): Promise<string> {
  const chunks: Buffer[] = []
  connection.on('data', (chunk: Buffer) => chunks.push(chunk))
  connection.on('error', () => undefined)
  return new Promise((resolve) => {
    const over = (): void => resolve(Buffer.concat(chunks).toString('latin1'))
    connection.once('end', over)
    connection.once('close', over)
  })
}

export interface Heard {
  readonly head: IncomingHead
  readonly body: Collected
}

export interface Conversation {
  readonly heard: readonly Heard[]
  readonly faults: readonly ProtocolFault[]
  readonly outcomes: readonly boolean[]
  readonly answer: string
}

export type Options = Partial<Omit<Http1FrontOptions, 'events' | 'first'>>

/** Starts a front that hands each exchange to `onExchange`; the client's end is returned. */
export function frontFor(
  onExchange: (exchange: Exchange) => void,
  options: Options & { onFault?: (fault: ProtocolFault) => void } = {},
): { client: Duplex; front: ReturnType<typeof serveHttp1> } {
  const [client, connection] = duplexPair()
  const front = serveHttp1(connection, {
    events: { onExchange, onFault: options.onFault ?? (() => undefined) },
    limits: options.limits ?? defaultLimits,
    allowConnect: options.allowConnect ?? false,
    idleMs: options.idleMs ?? 60_000,
  })
  return { client, front }
}

/** Says `pieces`, ends, and tells what the front made of it; each request is answered 204 when it was read. */
export async function converse(
  pieces: readonly (string | Uint8Array)[],
  options: Options = {},
): Promise<Conversation> {
  const heard: Heard[] = []
  const faults: ProtocolFault[] = []
  const outcomes: boolean[] = []
  const { client } = frontFor(
    (exchange) => {
      exchange.onClose((complete) => outcomes.push(complete))
      exchange.continue()
      void collect(exchange.body).then((body) => {
        heard.push({ head: exchange.head, body })
        exchange.respond({ status: 204, headers: [] }, null)
      })
    },
    { ...options, onFault: (fault) => faults.push(fault) },
  )
  const answer = received(client)
  for (const piece of pieces) {
    client.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
  // Time to answer what was asked: whoever leaves earlier has abandoned its request.
  for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve))
  client.end()
  return { heard, faults, outcomes, answer: await answer }
}
