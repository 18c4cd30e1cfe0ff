import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo, type ListenOptions, type Server } from 'node:net'
import { forgetScript, keepScript, knowsKernelStores, perl, readScript } from './kernel-stores.ts'
import type { Orders } from './orders.ts'

/** What the host keeps in its kernel and behind its sockets. */
export interface HostStores extends AsyncDisposable {
  readonly port: number
  /** Of shared memory, and of the key; -1 for what this machine does not have. */
  readonly numbers: readonly [segment: number, key: number]
  /** What the host itself reads of them: what shows that there is something to be read. */
  readonly readable: string
}

async function serve(where: ListenOptions, secret: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    // What is said to it is not listened to, but it has to be read for the connection to end.
    socket.resume().end(secret)
  })
  server.listen(where)
  await once(server, 'listening')
  return server
}

function run(script: string, args: readonly string[], input = ''): string {
  // Nothing of this process's environment goes along, and the secrets come on the standard input.
  const { stdout } = spawnSync(perl, ['-e', script, '--', ...args], { env: {}, input })
  return String(stdout)
}

export async function openStores({ held, socketPath, abstractName }: Orders): Promise<HostStores> {
  const tcp = await serve({ host: '127.0.0.1', port: 0 }, held.tcpServer)
  const servers = [
    tcp,
    await serve({ path: socketPath }, held.unixSocket),
    await serve({ path: `\0${abstractName}` }, held.abstractSocket),
  ]
  const input = `${held.keyring}\n${held.sharedMemory}\n`
  const told = knowsKernelStores ? run(keepScript, [], input) : '-1 -1'
  const [key = -1, segment = -1] = told.trim().split(' ').map(Number)
  const numbers = [String(segment), String(key)]
  return {
    port: (tcp.address() as AddressInfo).port,
    numbers: [segment, key],
    readable: run(readScript, numbers),
    async [Symbol.asyncDispose]() {
      run(forgetScript, [String(key), String(segment)])
      await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))))
    },
  }
}
