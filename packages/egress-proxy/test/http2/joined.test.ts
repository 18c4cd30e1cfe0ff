import { expect } from 'chai'
import { once } from 'node:events'
import type { ClientHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Exchange, UpstreamConnection } from '../../dist/exchange.js'
import { grpcRefusal } from '../../dist/http2/grpc.js'
import { LoopbackFront } from './loopback-front.ts'
import { LoopbackUpstream } from './loopback-upstream.ts'

/** Hands an exchange to an upstream as it is; the proxy judges in between. */
function join(exchange: Exchange, upstream: UpstreamConnection): void {
  const { head, body } = exchange
  const call = upstream.request(
    {
      method: head.method,
      scheme: 'https',
      authority: head.authority ?? '',
      target: head.target,
      headers: head.headers,
      upgrade: null,
    },
    body,
    {
      informed: (status) => (status === 100 ? exchange.continue() : undefined),
      responded: (answer, answerBody) => exchange.respond(answer, answerBody),
      switched: () => exchange.abort(),
      failed: () => exchange.abort(),
    },
  )
  exchange.onClose((complete) => (complete ? undefined : call.abort()))
}

function message(text: string): Buffer {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(text.length, 1)
  return Buffer.concat([prefix, Buffer.from(text)])
}

const grpc = { ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' }

interface Told {
  readonly data: string
  readonly trailers: Record<string, unknown>
  readonly headers: Record<string, unknown>
}

async function call(client: ClientHttp2Session, path: string, parts: string[]): Promise<Told> {
  const stream = client.request({ ...grpc, ':path': path })
  let data = ''
  let trailers = {}
  let headers = {}
  stream.on('response', (told) => (headers = told))
  stream.on('trailers', (told) => (trailers = told))
  stream.on('data', (chunk: Buffer) => (data += chunk.toString('latin1')))
  for (const part of parts) stream.write(message(part))
  stream.end()
  await once(stream, 'close')
  return { data, trailers, headers }
}

/** A service: `/Echo` sends back what came, with status 0; `/Fail` answers with trailers only. */
function service(stream: ServerHttp2Stream, headers: Record<string, unknown>): void {
  if (headers['te'] !== 'trailers') return stream.close(2)
  if (headers[':path'] === '/p.S/Fail') {
    stream.respond({ 'content-type': 'application/grpc', 'grpc-status': '5' }, { endStream: true })
    return undefined
  }
  stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': '' }))
  stream.pipe(stream)
  return undefined
}

describe('gRPC from a front through to an upstream', () => {
  it('carries a unary call, a stream of messages, and a failure, with their trailers', async () => {
    await using server = await LoopbackUpstream.open(service)
    const upstream = await server.connect()
    await using front = await LoopbackFront.open((exchange) => join(exchange, upstream))
    const client = front.client()
    const unary = await call(client, '/p.S/Echo', ['hello'])
    expect(unary.data).to.equal(message('hello').toString('latin1'))
    expect(unary.trailers).to.include({ 'grpc-status': '0' })
    const many = Array.from({ length: 500 }, (_, index) => `${index}`.padStart(1_000, 'x'))
    const streamed = await call(client, '/p.S/Echo', many)
    expect(streamed.data).to.equal(many.map((text) => message(text).toString('latin1')).join(''))
    expect(streamed.trailers).to.include({ 'grpc-status': '0' })
    expect((await call(client, '/p.S/Fail', ['x'])).headers).to.include({ 'grpc-status': '5' })
  })

  it('carries a conversation in both directions at a time', async () => {
    await using server = await LoopbackUpstream.open(service)
    const upstream = await server.connect()
    await using front = await LoopbackFront.open((exchange) => join(exchange, upstream))
    const stream = front.client().request({ ...grpc, ':path': '/p.S/Talk' })
    for (const word of ['one', 'two', 'three']) {
      stream.write(message(word))
      const [chunk] = (await once(stream, 'data')) as [Buffer]
      expect(chunk.toString('latin1')).to.equal(message(word).toString('latin1'))
    }
    stream.end()
    await once(stream, 'close')
  })

  it('resets the upstream when the client cancels', async () => {
    const codes: number[] = []
    await using server = await LoopbackUpstream.open((stream) => {
      stream.on('close', () => codes.push(stream.rstCode))
      stream.respond({})
    })
    const upstream = await server.connect()
    await using front = await LoopbackFront.open((exchange) => join(exchange, upstream))
    const stream = front.client().request({ ...grpc, ':path': '/p.S/Talk' })
    await once(stream, 'response')
    stream.close(8)
    while (codes.length === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(codes).to.deep.equal([8])
  })

  it('is told a refusal in its own form (W11)', async () => {
    await using front = await LoopbackFront.open((exchange) => {
      const refusal = { code: 'path_not_allowed', rule: null, reason: 'No.', remedy: '' } as const
      exchange.respond(grpcRefusal(refusal), null)
    })
    const { headers } = await call(front.client(), '/p.S/Secret', ['x'])
    expect(headers).to.include({
      ':status': 200,
      'grpc-status': '7',
      'caisson-refusal': 'path_not_allowed',
    })
  })
})
