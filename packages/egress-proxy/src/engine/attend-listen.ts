import type { EgressDoor, EgressPeer } from '@caisson/core'
import type { RemoteInfo, Socket as DatagramSocket } from 'node:dgram'
import type { Server, Socket } from 'node:net'
import { frameDnsMessage, readDnsMessages } from '../resolve/dns-stream.ts'
import { Client } from './client.ts'
import type { Engine } from './engine.ts'
import type { Locate } from './locator.ts'
import { serveProxy } from './proxy-door.ts'
import { answerQuestion } from './resolver-door.ts'
import { serveTransparent } from './transparent-door.ts'
import type { Duplex } from 'node:stream'

/** Where a connection came in, and with what rights. */
export interface Entrance {
  readonly kind: EgressDoor['kind']
  /** What clients must show; `null` where the listener itself says which sandbox they are of. */
  readonly token: string | null
  readonly locate: Locate
}

/** A connection, and the addresses of both its ends. */
export interface Arrival {
  readonly localAddress: string
  readonly localPort: number
  readonly peer: EgressPeer | null
}

/** Takes every connection of a listening socket. Returns what stops that and closes the socket. */
export function attendServer(
  engine: Engine,
  server: Server,
  entrance: Entrance,
): () => Promise<void> {
  // A client may end its side and still wait for the answer.
  Object.assign(server, { allowHalfOpen: true, noDelay: true })
  const onConnection = (socket: Socket): void => {
    const { localAddress, localPort, remoteAddress, remotePort } = socket
    if (localAddress === undefined || localPort === undefined) {
      socket.destroy()
      return
    }
    const peer: EgressPeer | null =
      remoteAddress === undefined || remotePort === undefined
        ? null
        : { protocol: 'tcp', address: remoteAddress, port: remotePort }
    socket.setNoDelay(true)
    admit(engine, socket, { entrance, arrival: { localAddress, localPort, peer } })
  }
  server.on('connection', onConnection)
  server.on('error', () => undefined)
  return () =>
    new Promise((resolve) => {
      server.off('connection', onConnection)
      server.close(() => resolve())
    })
}

/** Takes one connection, however it came. */
export function admit(
  engine: Engine,
  stream: Duplex,
  { entrance, arrival }: { readonly entrance: Entrance; readonly arrival: Arrival },
): void {
  const client = new Client(stream, arrival.peer, entrance.locate)
  if (!engine.open.enter(client)) {
    client.destroy()
    return
  }
  stream.once('close', () => engine.open.leave(client))
  if (entrance.kind === 'proxy') void serveProxy(engine, client, entrance.token)
  else if (entrance.kind === 'resolver') void serveQuestions(engine, client)
  else {
    const { localAddress, localPort } = arrival
    void serveTransparent(engine, client, { address: localAddress, port: localPort })
  }
}

/** Questions over TCP (RFC 7766), one after the other. */
async function serveQuestions(engine: Engine, client: Client): Promise<void> {
  const { stream, peer } = client
  const idle = engine.deadlines.start(engine.limits.greetingMs, () => client.destroy())
  try {
    if (peer === null) return client.destroy()
    for await (const query of readDnsMessages(stream)) {
      idle.touch()
      const answer = await answerQuestion(engine, query, { peer, owner: () => client.owner() })
      // Reading stops here, and an end that is never read would be waited for as long as the sandbox lives.
      // Answers that nobody takes are not kept.
      if (answer === null || !stream.write(frameDnsMessage(answer))) return client.destroy()
    }
    stream.end()
  } catch {
    client.destroy()
  } finally {
    idle.done()
  }
}

/** Takes every question that comes by UDP. Returns what stops that and closes the socket. */
export function attendDatagrams(
  engine: Engine,
  socket: DatagramSocket,
  locate: Locate,
): () => Promise<void> {
  const onMessage = (query: Buffer, from: RemoteInfo): void => {
    const peer: EgressPeer = { protocol: 'udp', address: from.address, port: from.port }
    answerQuestion(engine, query, { peer, owner: () => locate(peer) }).then(
      (answer) => {
        if (answer !== null) socket.send(answer, from.port, from.address, () => undefined)
      },
      // A question that cannot be answered gets no answer.
      () => undefined,
    )
  }
  socket.on('message', onMessage)
  socket.on('error', () => undefined)
  return () =>
    new Promise((resolve) => {
      socket.off('message', onMessage)
      socket.close(() => resolve())
    })
}
