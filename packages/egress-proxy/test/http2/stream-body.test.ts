import { expect } from 'chai'
import { once } from 'node:events'
import { connect, createServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { StreamBody } from '../../dist/http2/stream-body.js'
import type { BodySink } from '../../dist/http-message.js'

const bounds = { headerBytes: 1000, headerLines: 10 }

function broken(): never {
  throw new Error('a mistake')
}

describe('a body on a stream', () => {
  for (const part of ['data', 'end'] as const) {
    it(`is cut when whoever takes its ${part} throws, and nothing else is`, async () => {
      const server = createServer()
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
      try {
        const arrived = once(server, 'stream')
        const request = session.request({ ':method': 'POST', ':path': '/' }, { endStream: false })
        request.on('error', () => undefined)
        const closed = new Promise((resolve) => request.once('close', resolve))
        const [stream] = (await arrived) as [ServerHttp2Stream]
        stream.on('error', () => undefined)
        const fails: Error[] = []
        const sink: BodySink = {
          data: part === 'data' ? broken : () => undefined,
          end: part === 'end' ? broken : () => undefined,
          fail: (error) => fails.push(error),
        }
        new StreamBody(stream, { length: null, bounds }).start(sink)
        request.end('some bytes')
        await closed
        expect(request.rstCode).to.equal(2)
        expect(fails).to.have.length(part === 'data' ? 1 : 0)
      } finally {
        session.destroy()
        server.close()
      }
    })
  }
})
