import type { Server } from 'node:net'
import { once } from 'node:events'
import type { Served } from './contestant.ts'

/** What this process was told to serve. */
export function served(): Served {
  return JSON.parse(process.argv[2] ?? '') as Served
}

/** Says that the proxy is ready. */
export function ready(port: number, auth = ''): void {
  console.log(JSON.stringify({ port, auth }))
}

/** Value of `Proxy-Authorization` for a user and a password. */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

/** Listens on a free port of loopback. */
export async function listenOn(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
