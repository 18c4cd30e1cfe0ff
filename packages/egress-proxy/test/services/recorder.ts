import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Asked } from './asking.js'

/** A service on loopback that writes down what a client library asks it, and answers with an error. */
export class Recorder {
  readonly asked: Asked[] = []
  readonly #origin: string
  readonly #server: Server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { host: _host, connection: _hop, 'content-length': _length, ...rest } = request.headers
      const headers = Object.fromEntries(
        Object.entries(rest).map(([name, value]) => [name, String(value)]),
      )
      const line = `${request.method ?? ''} ${this.#origin}${request.url ?? ''}`
      const bytes = parts.length === 0 ? undefined : Buffer.concat(parts).toString()
      this.asked.push({ line, headers, bytes })
      response.writeHead(400, { 'content-type': 'application/json' }).end('{}')
    })
  })

  /** @param origin What the requests are really meant for. */
  constructor(origin: string) {
    this.#origin = origin
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const { port } = this.#server.address() as AddressInfo
    return `http://127.0.0.1:${port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** The one request that an act makes; how the act ends does not count. */
  async requestOf(act: () => PromiseLike<unknown>): Promise<Asked> {
    const before = this.asked.length
    await Promise.resolve(act()).catch(() => undefined)
    const [asked, ...others] = this.asked.slice(before)
    if (asked === undefined || others.length > 0) throw new Error('one request was expected')
    return asked
  }
}
