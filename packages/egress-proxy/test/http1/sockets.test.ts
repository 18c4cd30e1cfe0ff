import { expect } from 'chai'
import { once } from 'node:events'
import { createServer as createHttpServer, request as httpRequest } from 'node:http'
import type { AddressInfo, Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import type { Exchange } from '../../dist/exchange.js'
import { serveHttp1 } from '../../dist/http1/front.js'
import { connectHttp1 } from '../../dist/http1/upstream.js'
import { defaultLimits } from '../../dist/limits.js'
import { bodyOf } from './conversation.ts'

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function frontServer(onExchange: (exchange: Exchange) => void): Server {
  return createServer((connection) => {
    serveHttp1(connection, {
      events: { onExchange, onFault: () => undefined },
      limits: defaultLimits,
      allowConnect: false,
      idleMs: 1000,
    })
  })
}

describe('HTTP/1 on sockets', () => {
  it('carries bodies of megabytes both ways between other implementations', async () => {
    const origin = createHttpServer((request, response) => request.pipe(response))
    const originPort = await listening(origin)
    const upstream = connect(originPort, '127.0.0.1')
    const dialed = connectHttp1(upstream, { limits: defaultLimits })
    const front = frontServer((exchange) => {
      const { method, target, headers } = exchange.head
      dialed.request(
        { method, target, headers, scheme: 'http', authority: 'a.test', upgrade: null },
        exchange.body,
        {
          informed: () => undefined,
          responded: (head, body) => exchange.respond(head, body),
          switched: () => undefined,
          failed: () => exchange.abort(),
        },
      )
    })
    const port = await listening(front)
    const sent = Buffer.alloc(8 << 20, 'abcdefg')
    for (const length of [sent.length, null]) {
      const headers = length === null ? {} : { 'content-length': length }
      const request = httpRequest({ port, host: '127.0.0.1', method: 'POST', headers })
      request.end(sent)
      const [response] = (await once(request, 'response')) as [AsyncIterable<Buffer>]
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk)
      expect(Buffer.concat(chunks).equals(sent)).to.equal(true)
      expect(dialed.canTake).to.equal(true)
    }
    dialed.destroy()
    front.close()
    origin.close()
    origin.closeAllConnections()
  }).timeout(10_000)

  it('resets the connection when a body that lasts as long as it fails', async () => {
    const front = frontServer((exchange) =>
      exchange.respond(
        { status: 200, headers: [] },
        bodyOf(['half'], { error: new Error('the upstream is gone') }),
      ),
    )
    const client: Socket = connect(await listening(front), '127.0.0.1')
    client.write('GET / HTTP/1.0\r\n\r\n')
    client.resume()
    const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).to.equal('ECONNRESET')
    front.close()
  })
})
