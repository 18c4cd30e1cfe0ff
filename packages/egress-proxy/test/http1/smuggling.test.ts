import { expect } from 'chai'
import * as fc from 'fast-check'
import { createServer, METHODS } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import { connectHttp1 } from '../../dist/http1/upstream.js'
import { defaultLimits } from '../../dist/limits.js'
import { bodyOf, converse } from './conversation.ts'
import type { Heard } from './conversation.ts'
import { duplexPair } from './duplex-pair.ts'
import { mutated, requests, seeded, spices } from './mutations.ts'

interface Seen {
  readonly method: string
  readonly target: string
  readonly body: string
  readonly fields: readonly string[]
}

/** What each hop says for itself. */
const framing = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'upgrade',
  'te',
])

/** A strict and independent reader of HTTP/1 that keeps what it reads. */
class Origin {
  readonly seen: Seen[] = []
  faults = 0
  readonly server: Server

  constructor() {
    this.server = createServer({ insecureHTTPParser: false, keepAliveTimeout: 0 })
    this.server.maxHeadersCount = 0
    this.server.on('request', (request, response) => {
      void this.#read(request).then(() => response.end())
    })
    this.server.on('checkContinue', (request: IncomingMessage) => void this.#read(request))
    this.server.on('upgrade', (request: IncomingMessage) => void this.#read(request))
    this.server.on('clientError', (_error, socket) => {
      this.faults++
      socket.destroy()
    })
  }

  async #read(request: IncomingMessage): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const fields: string[] = []
    for (let at = 0; at < request.rawHeaders.length; at += 2) {
      const name = request.rawHeaders[at] ?? ''
      if (!framing.has(name)) fields.push(`${name}: ${request.rawHeaders[at + 1] ?? ''}`)
    }
    this.seen.push({
      method: request.method ?? '',
      target: request.url ?? '',
      body: Buffer.concat(chunks).toString('latin1'),
      fields,
    })
  }
}

/** Sends what the front accepted by the upstream half, and tells what an independent reader makes of it. */
async function relayed({ head, body }: Heard): Promise<Origin> {
  const origin = new Origin()
  const [connection, server] = duplexPair()
  origin.server.emit('connection', server)
  const upstream = connectHttp1(connection, { limits: defaultLimits })
  const isEmpty = body.bytes.length === 0 && body.trailers.length === 0
  await new Promise<void>((resolve) => {
    upstream.request(
      {
        method: head.method,
        scheme: 'http',
        authority: head.authority ?? 'none.test',
        target: head.target,
        headers: head.headers,
        upgrade: head.upgrade,
      },
      isEmpty
        ? null
        : bodyOf([body.bytes.subarray(0, 3), body.bytes.subarray(3)], { trailers: body.trailers }),
      {
        informed: () => undefined,
        responded: () => resolve(),
        switched: () => resolve(),
        failed: () => resolve(),
      },
    )
    if (head.upgrade !== null) setTimeout(resolve, 5)
  })
  upstream.destroy()
  server.destroy()
  return origin
}

let compared = 0

/** Whatever the front took must be one request, and the same one, to somebody else. */
async function sameToOthers(text: string): Promise<void> {
  const { heard } = await converse([text])
  for (const one of heard) {
    // The other reader knows registered methods only, which the canon of a request sees to elsewhere.
    if (one.body.error !== null || !METHODS.includes(one.head.method)) continue
    const origin = await relayed(one)
    const told = JSON.stringify(text)
    expect(origin.faults, told).to.equal(0)
    expect(origin.seen, told).to.deep.equal([
      {
        method: one.head.method,
        target: one.head.target,
        body: one.body.bytes.toString('latin1'),
        fields: one.head.headers
          .filter(([name]) => name !== 'te')
          .map(([name, value]) => `${name}: ${value}`),
      },
    ])
    compared++
  }
}

describe('a request that the front took', () => {
  it('is the same single request to an independent reader, however it was bent', async () => {
    const random = seeded(11)
    for (let count = 0; count < 1500; count++) {
      await sameToOthers(mutated(requests[random(requests.length)] ?? '', random))
    }
    // Else the mutations are so hard that nothing was compared.
    expect(compared).to.be.greaterThan(300)
  }).timeout(30_000)

  it('is the same single request to an independent reader, however it was put together', async () => {
    const piece = fc.oneof(fc.constantFrom(...spices), fc.string({ maxLength: 6 }))
    const line = fc.oneof(
      fc.constantFrom('Content-Length: 4', 'Transfer-Encoding: chunked', 'X: y', 'Connection: x'),
      fc
        .tuple(
          fc.constantFrom('X', 'TE', 'Connection', 'Content-Length', 'Expect', 'Upgrade'),
          piece,
        )
        .map(([name, value]) => `${name}: ${value}`),
    )
    const request = fc
      .record({
        method: fc.constantFrom('GET', 'POST', 'HEAD', 'DELETE', 'PURGE'),
        target: fc.oneof(
          fc.constant('/'),
          piece.map((text) => `/${text}`),
        ),
        lines: fc.array(line, { maxLength: 4 }),
        body: fc.oneof(fc.constantFrom('', 'abcd', '4\r\nabcd\r\n0\r\n\r\n'), piece),
      })
      .map(({ method, target, lines, body }) =>
        [`${method} ${target} HTTP/1.1`, 'Host: a.test', ...lines, '', body].join('\r\n'),
      )
    await fc.assert(fc.asyncProperty(request, sameToOthers), { numRuns: 1500, seed: 12 })
  }).timeout(30_000)
})
