import { setTimeout as delay } from 'node:timers/promises'
import { Socket as DatagramSocket } from 'node:dgram'
import type { Server, Socket } from 'node:net'
import {
  type DriverProcess,
  type DriverSession,
  type EgressDoor,
  type EgressPeer,
  type EgressSession,
  parsePolicy,
  type Policy,
  planSandbox,
  probeHost,
  type SandboxPlan,
  type SessionNotice,
} from '@caisson/core'
import { driver } from './real-sandbox.ts'

/** The doors that a way out has: a proxy, two transparent ports, and a resolver over both protocols. */
export const doors: readonly EgressDoor[] = [
  { kind: 'proxy', protocol: 'tcp', address: '127.0.0.1', port: 3128 },
  { kind: 'transparent', protocol: 'tcp', address: '0.0.0.0', port: 443 },
  { kind: 'resolver', protocol: 'udp', address: '127.0.0.1', port: 53 },
  { kind: 'resolver', protocol: 'tcp', address: '127.0.0.1', port: 53 },
]

/** Something that came in at a door. */
export interface Arrival {
  readonly door: EgressDoor
  readonly localAddress: string | undefined
  readonly peer: EgressPeer
}

/** A way out that answers everything with what it was told. */
export class EchoEgress implements EgressSession {
  readonly doors: readonly EgressDoor[]
  readonly certificate = ''
  readonly environment = {}
  readonly arrivals: Arrival[] = []
  readonly ended = new Promise<never>(() => undefined)
  readonly #sockets: (Server | DatagramSocket)[] = []
  readonly #connections = new Set<Socket>()

  constructor(given: readonly EgressDoor[] = doors) {
    this.doors = given
  }

  get listening(): number {
    return this.#sockets.length
  }

  async listen(door: EgressDoor, socket: Server | DatagramSocket): Promise<void> {
    this.#sockets.push(socket)
    if (socket instanceof DatagramSocket) this.#answer(door, socket)
    else socket.on('connection', (connection: Socket) => this.#serve(door, connection))
  }

  accept(): void {
    throw new Error('nothing is relayed')
  }

  async update(): Promise<void> {
    // No policy matters here.
  }

  async rotateCredential(): Promise<never> {
    throw new Error('nothing is kept')
  }

  async revokeCredential(): Promise<never> {
    throw new Error('nothing is kept')
  }

  usage(): never {
    throw new Error('nothing is counted')
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.destroy()
    await Promise.all(
      this.#sockets.map((socket) => new Promise<void>((done) => socket.close(() => done()))),
    )
  }

  #serve(door: EgressDoor, connection: Socket): void {
    const { localAddress, remoteAddress = '', remotePort = 0 } = connection
    const peer: EgressPeer = { protocol: 'tcp', address: remoteAddress, port: remotePort }
    this.arrivals.push({ door, localAddress, peer })
    this.#connections.add(connection)
    connection.on('error', () => undefined)
    connection.on('close', () => this.#connections.delete(connection))
    connection.pipe(connection)
  }

  #answer(door: EgressDoor, socket: DatagramSocket): void {
    socket.on('message', (message, { address, port }) => {
      this.arrivals.push({
        door,
        localAddress: undefined,
        peer: { protocol: 'udp', address, port },
      })
      socket.send(message, port, address)
    })
  }
}

/** A live sandbox with doors. */
export interface DoorSandbox extends AsyncDisposable {
  readonly session: DriverSession
  readonly egress: EchoEgress
  readonly notices: readonly SessionNotice[]
}

/** A plan whose network has doors. */
export async function planWithDoors(
  given: readonly EgressDoor[],
  policy: Policy = {},
): Promise<SandboxPlan> {
  const parsed = parsePolicy(policy)
  const plan = planSandbox(parsed, await probeHost(parsed), 'with-doors')
  return { ...plan, network: { kind: 'egress', doors: given } }
}

/** Starts one, without core. */
export async function sandboxWithDoors(
  egress: EchoEgress = new EchoEgress(),
  policy: Policy = {},
): Promise<DoorSandbox> {
  const plan = await planWithDoors(egress.doors, policy)
  const notices: SessionNotice[] = []
  const context = { allowWeaker: [], egress, onNotice: (one: SessionNotice) => notices.push(one) }
  const session = await driver.launch(plan, context)
  return {
    session,
    egress,
    notices,
    async [Symbol.asyncDispose]() {
      await session.close()
      await egress.close()
    },
  }
}

/** Starts a command; what it writes goes to `output`. */
export async function start(
  { session }: DoorSandbox,
  argv: readonly string[],
): Promise<{ readonly process: DriverProcess; output: () => string }> {
  const process = await session.spawn({
    argv,
    environment: { PATH: '/usr/bin:/bin' },
    workingDirectory: '/tmp',
    stdin: 'pipe',
    stderr: 'merge',
    terminal: null,
  })
  let text = ''
  process.onOutput((stream, chunk) => {
    text += Buffer.from(chunk).toString()
    process.consumed(stream, chunk.length)
  })
  return { process, output: () => text }
}

/** Runs a command to its end and gives what it wrote. */
export async function run(sandbox: DoorSandbox, argv: readonly string[]): Promise<string> {
  const { process, output } = await start(sandbox, argv)
  await process.exited
  return output()
}

/** Python that says something to an address and prints what came back. */
export function talk(protocol: 'tcp' | 'udp', address: string, port: number): string[] {
  const type = protocol === 'tcp' ? 'SOCK_STREAM' : 'SOCK_DGRAM'
  const lines = [
    'import socket',
    `s = socket.socket(socket.AF_INET, socket.${type})`,
    's.settimeout(5)',
    `s.connect(("${address}", ${port}))`,
    's.send(b"hello")',
    'print(s.recv(100).decode())',
  ]
  return ['python3', '-c', lines.join('\n')]
}

/** What `condition` waits for is over in an instant, but not in this one. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(2)
}
