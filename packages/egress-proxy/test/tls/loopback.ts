import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { Duplex } from 'node:stream'

/** Both ends of one connection over loopback. */
export interface SocketPair {
  readonly client: Socket
  readonly server: Socket
}

/** Runs with a listener on loopback that is closed afterwards, with all that it accepted. */
export async function withListener<T>(
  accept: (socket: Socket) => void,
  run: (port: number) => Promise<T>,
): Promise<T> {
  const sockets: Socket[] = []
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    accept(socket)
  })
  try {
    return await run(await listening(server))
  } finally {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** A connected pair of sockets; the ends close one another. */
export async function socketPair(): Promise<SocketPair> {
  const server = createServer({ pauseOnConnect: true })
  const accepted = once(server, 'connection')
  const client = connect(await listening(server), '127.0.0.1')
  client.on('error', () => undefined)
  const [socket] = (await accepted) as [Socket]
  server.close()
  return { client, server: socket }
}

/** The same without sockets: two streams in memory. */
export function streamPair(): readonly [Duplex, Duplex] {
  const one: Duplex = half(() => other)
  const other: Duplex = half(() => one)
  return [one, other]
}

function half(peer: () => Duplex): Duplex {
  return new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _, done) {
      peer().push(chunk)
      done()
    },
    final(done) {
      peer().push(null)
      done()
    },
    destroy(error, done) {
      if (!peer().destroyed) peer().destroy()
      done(error)
    },
  })
}
