import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'

/** Something on the host that waits to be reached, and counts who did. */
export interface HostListener {
  /** 0 for a Unix socket. */
  readonly port: number
  /** Connections or datagrams that arrived so far. */
  arrivals(): number
}

/** Ears outside the sandbox. */
export interface HostListeners {
  /** A TCP listener on an address of the host, on a free port. */
  tcp(address: string): Promise<HostListener>
  /** The same for UDP. */
  udp(address: string): Promise<HostListener>
  /** A Unix socket at a path; a name that starts with NUL is in Linux's abstract namespace. */
  unix(path: string): Promise<HostListener>
  /** Addresses of this machine that are not loopback and not link-local. */
  ownAddresses(): string[]
  /** Connects to a port on the loopback of the host, says a word and resolves with the whole answer. */
  ask(port: number, word: string): Promise<string>
}

/** Opens listeners that `defer` closes after the behaviour. */
export function createHostListeners(
  defer: (cleanup: () => Promise<unknown> | void) => void,
): HostListeners {
  return {
    tcp: (address) => listen({ host: address, port: 0 }, defer),
    unix: (path) => listen({ path }, defer),
    udp: (address) => listenDatagram(address, defer),
    ownAddresses: () =>
      Object.values(networkInterfaces())
        .flatMap((entries) => entries ?? [])
        .filter((entry) => !entry.internal && !entry.address.startsWith('fe80:'))
        .map((entry) => entry.address),
    ask,
  }
}

async function listen(
  where: { host: string; port: number } | { path: string },
  defer: (cleanup: () => Promise<unknown> | void) => void,
): Promise<HostListener> {
  let arrived = 0
  const server = createServer((socket) => {
    arrived += 1
    socket.end('host\n')
    socket.on('error', () => socket.destroy())
  })
  server.listen(where)
  await once(server, 'listening')
  defer(async () => {
    server.close()
    await once(server, 'close')
  })
  const bound = server.address()
  return {
    port: typeof bound === 'string' ? 0 : (bound?.port ?? 0),
    arrivals: () => arrived,
  }
}

async function listenDatagram(
  address: string,
  defer: (cleanup: () => Promise<unknown> | void) => void,
): Promise<HostListener> {
  let arrived = 0
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  socket.on('message', () => {
    arrived += 1
  })
  socket.bind(0, address)
  await once(socket, 'listening')
  defer(async () => {
    socket.close()
    await once(socket, 'close')
  })
  return { port: socket.address().port, arrivals: () => arrived }
}

async function ask(port: number, word: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(word)
  let answer = ''
  for await (const chunk of socket) answer += String(chunk)
  return answer
}
