import { type ChildProcess, execFileSync } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Arena, cores, end, firstLine, startOn } from './arena.ts'
import type { Asked } from './policy.ts'

/** `relay`: bytes pass unread. `intercept`: TLS ends at the proxy, which reads each request. */
export type Role = 'relay' | 'intercept'

/** A proxy that runs. */
export interface Running {
  readonly port: number
  /** Value of `Proxy-Authorization`, or empty. */
  readonly auth: string
  readonly pid: number
  stop(): Promise<void>
}

/** A proxy that takes part. */
export interface Contestant {
  readonly name: string
  readonly roles: readonly Role[]
  /** What stands in the issuer of the leaves that it shows; empty when it does not intercept. */
  readonly issuer: string
  /** Whether it speaks HTTP/2 with clients. */
  readonly http2: boolean
  start(arena: Arena, role: Role): Promise<Running>
}

/** Whether it is Caisson, whatever is asked of it. */
export function isOurs(name: string): boolean {
  return name.startsWith('Caisson')
}

/** What a proxy in a Node process of its own is told: the first argument of its program, as JSON. */
export interface Served {
  readonly role: Role
  readonly folder: string
  readonly originAuthority: string
  readonly proxyAuthority: Arena['proxyAuthority']
  readonly origin: Arena['origin']
  /** Of Caisson alone. */
  readonly asked: Asked
}

/** Starts one of the programs `serve-*.ts` of this folder, which prints `{ port, auth }` when it is ready. */
export async function startNode(
  program: URL,
  arena: Arena,
  { role, asked = 'plain' }: { readonly role: Role; readonly asked?: Asked },
): Promise<Running> {
  const { folder, originAuthority, proxyAuthority, origin } = arena
  const told: Served = { role, folder, originAuthority, proxyAuthority, origin, asked }
  // Every Node program gets the server's authority the same way, whatever else it offers for it.
  const environment = { NODE_EXTRA_CA_CERTS: originAuthority, HOME: folder, TMPDIR: folder }
  const command = [process.execPath, fileURLToPath(program), JSON.stringify(told)]
  const child = startOn(cores.proxy, command, { ...environment, NODE_ENV: 'production' })
  try {
    const { port, auth } = JSON.parse(await firstLine(child)) as { port: number; auth: string }
    return running(child, port, auth)
  } catch (error) {
    await end(child)
    throw error
  }
}

/** Starts any other program that listens on a port once it is ready. */
export async function startProgram(
  command: readonly string[],
  port: number,
  environment: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const child = startOn(cores.proxy, command, environment)
  let complaint = ''
  const listen = (chunk: Buffer) => (complaint = (complaint + chunk).slice(-300))
  child.stdout?.on('data', listen)
  child.stderr?.on('data', listen)
  for (let attempt = 0; attempt < 150; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`it ended: ${complaint.trim()}`)
    if (await answers(port)) return running(child, port, '')
    await sleep(100)
  }
  await end(child)
  throw new Error(`it does not listen: ${complaint.trim()}`)
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

function running(child: ChildProcess, port: number, auth: string): Running {
  if (child.pid === undefined) throw new Error('it did not start')
  return { port, auth, pid: child.pid, stop: () => end(child) }
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** The first line of what a program says about its version. */
export function versionLine(command: string, ...words: string[]): string {
  try {
    const said = execFileSync(command, words, { encoding: 'utf8', stdio: 'pipe' })
    return said.split('\n')[0] ?? ''
  } catch {
    return `${command} is not installed`
  }
}
