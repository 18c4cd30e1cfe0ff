import { createServer, type Server } from 'node:net'
import type { ListenAt } from '../egress-proxy.ts'

/** A TCP server that listens. */
export interface Listening {
  readonly server: Server
  readonly host: string
  readonly port: number
}

/** Listens on the host, half-open, so that a client that ended its side still gets its answer. */
export function listenOnHost({ host = '127.0.0.1', port = 0 }: ListenAt): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true })
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject)
      const bound = server.address()
      if (bound === null || typeof bound === 'string')
        reject(new Error('the listener has no address'))
      else resolve({ server, host: bound.address, port: bound.port })
    })
  })
}
