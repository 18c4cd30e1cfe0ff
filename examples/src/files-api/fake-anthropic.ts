import { createTestAuthority } from '@caisson/egress-proxy/testing'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createSecureServer, type Http2ServerRequest } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'

type Request = IncomingMessage | Http2ServerRequest
/** What both protocols' answers can do. */
interface Response {
  setHeader(name: string, value: string): unknown
  write(chunk: string): boolean
  end(chunk: string): unknown
}

/** What arrived of one request. */
export interface Arrival {
  readonly method: string
  readonly path: string
  /** Names in lower case; several values joined. */
  readonly headers: Readonly<Record<string, string>>
  /** Grows while the body comes in. */
  body: string
}

/** A stand-in for `api.anthropic.com` on this machine, which writes down all that arrives. */
export interface FakeAnthropic extends AsyncDisposable {
  readonly egress: { readonly hosts: Readonly<Record<string, string>>; readonly trust: string }
  readonly arrivals: readonly Arrival[]
}

export const anthropicHost = 'api.anthropic.com'

/** Starts one. It takes every key, as the real one takes every customer's. */
export async function fakeAnthropic(): Promise<FakeAnthropic> {
  const authority = createTestAuthority()
  const arrivals: Arrival[] = []
  const sockets = new Set<Socket>()
  const onRequest = (request: Request, response: Response): void => {
    const arrival = arrivalOf(request)
    arrivals.push(arrival)
    request.on('data', (chunk: Buffer) => (arrival.body += chunk.toString('latin1')))
    request.on('end', () => answer(arrival, response))
    request.on('error', () => undefined)
  }
  const SNICallback = (
    name: string,
    done: (error: null, context: ReturnType<typeof authority.contextFor>) => void,
  ): void => done(null, authority.contextFor(name))
  const server = createSecureServer({ allowHTTP1: true, SNICallback }, onRequest)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    egress: {
      hosts: { [`${anthropicHost}:443`]: `127.0.0.1:${port}` },
      trust: authority.certificate,
    },
    arrivals,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function arrivalOf(request: Request): Arrival {
  const fields = Object.entries(request.headers)
  const headers = fields.map(([name, value]) => [name, [value ?? ''].flat().join(', ')] as const)
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: Object.fromEntries(headers),
    body: '',
  }
}

/** The service takes a key in either of two headers; libraries differ in which one they use. */
function keyOf({ 'x-api-key': key, authorization }: Arrival['headers']): string {
  return key ?? authorization?.replace(/^bearer /i, '') ?? 'nobody'
}

const usage = { input_tokens: 1, output_tokens: 1 }

function answer({ method, path, headers, body }: Arrival, response: Response): void {
  const target = path.split('?', 1)[0] ?? ''
  const send = (value: unknown): void => {
    response.setHeader('content-type', 'application/json')
    response.setHeader('request-id', `req_for_${keyOf(headers)}`)
    response.end(JSON.stringify(value))
  }
  if (method === 'GET') return send({ id: 'echo', type: 'model', you_sent: headers })
  if (target === '/v1/files') return send({ id: 'file_011CNha8iCJcU1wXNR6q4V8w', type: 'file' })
  if (target !== '/v1/messages') return send({ id: 'stored', type: 'stored' })
  const text = body.includes('"say your key"') ? `it is ${keyOf(headers)}.` : 'Hello.'
  if (body.includes('"stream":true')) return stream(text, response)
  return send({ ...message, content: [{ type: 'text', text }] })
}

const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-made-up',
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage,
}

/** As the real one does: an event for each piece, and pieces that end in the middle of words and keys. */
function stream(text: string, response: Response): void {
  const events: readonly { readonly type: string; readonly [name: string]: unknown }[] = [
    { type: 'message_start', message: { ...message, content: [], stop_reason: null } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage },
    { type: 'message_stop' },
  ]
  const lines = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  response.setHeader('content-type', 'text/event-stream')
  const pieces = lines.join('').match(/[^]{1,37}/g) ?? []
  const next = (): void => {
    const piece = pieces.shift()
    if (piece === undefined) response.end('')
    else {
      response.write(piece)
      setImmediate(next)
    }
  }
  next()
}
