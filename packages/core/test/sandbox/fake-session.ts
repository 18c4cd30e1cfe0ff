import { createServer, type AddressInfo, connect, type Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { SandboxError } from '@caisson/core'
import type {
  Capabilities,
  DriverOverlays,
  DriverSession,
  EgressPeer,
  EnforcementReport,
  Isolation,
  LaunchContext,
  OverlayChange,
  Probe,
  SandboxDriver,
  SandboxPlan,
  SessionEnd,
  SpawnRequest,
  Usage,
} from '@caisson/core'
import { FakeFiles } from './fake-files.ts'
import { FakeProcess } from './fake-process.ts'

/** One entry of a fake upper layer. */
interface UpperEntry extends OverlayChange {
  readonly data?: string
}

/** Upper layers in memory. */
class FakeOverlays implements DriverOverlays {
  readonly entries = new Map<string, UpperEntry[]>()
  readonly discarded: string[] = []
  isFrozen = false
  canFreeze = true

  put(target: string, entry: Partial<UpperEntry> & { path: string }): void {
    const list = this.entries.get(target) ?? []
    const nothing = { type: 'created', kind: 'file', mode: 0o644 } as const
    list.push({ ...nothing, size: entry.data?.length ?? 0, ...entry })
    this.entries.set(target, list)
  }

  async changes(target: string): Promise<OverlayChange[]> {
    const list = this.entries.get(target) ?? []
    return list.map(({ path, type, kind, size, mode }) => ({ path, type, kind, size, mode }))
  }

  async read(target: string, path: string, maxBytes: number): Promise<Uint8Array> {
    const text = this.#data(target, path)
    if (text.length > maxBytes) throw new SandboxError('LIMIT', 'too large')
    return new TextEncoder().encode(text)
  }

  async readLink(target: string, path: string): Promise<string> {
    return this.#data(target, path)
  }

  async discard(target: string, paths: readonly string[]): Promise<void> {
    if (!this.isFrozen) throw new Error('not frozen')
    this.discarded.push(...paths)
    const list = this.entries.get(target) ?? []
    const kept = list.filter(
      ({ path }) => !paths.some((gone) => path === gone || path.startsWith(`${gone}/`)),
    )
    this.entries.set(target, kept)
  }

  async frozen<T>(work: () => Promise<T>): Promise<T> {
    if (!this.canFreeze) throw new SandboxError('TIMEOUT', 'not every process could be stopped')
    this.isFrozen = true
    try {
      return await work()
    } finally {
      this.isFrozen = false
    }
  }

  #data(target: string, path: string): string {
    return this.entries.get(target)?.find((entry) => entry.path === path)?.data ?? ''
  }
}

/** A session in memory; the test plays the sandbox. */
export class FakeSession implements DriverSession {
  readonly plan: SandboxPlan
  readonly context: LaunchContext
  readonly fs = new FakeFiles()
  readonly overlays = new FakeOverlays()
  readonly processes: FakeProcess[] = []
  readonly ended: Promise<SessionEnd>
  ports: number[] = []
  closes = 0
  /** Who holds an end of a connection. */
  owner: (peer: EgressPeer) => Promise<number | null> = () => Promise.resolve(null)
  /** Told when the session is closed. */
  onClose: () => void = () => undefined
  /** What a started process does. */
  script: (process: FakeProcess) => void = () => undefined
  #end: (end: SessionEnd) => void = () => undefined

  constructor(plan: SandboxPlan, context: LaunchContext) {
    this.plan = plan
    this.context = context
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  async spawn(request: SpawnRequest): Promise<FakeProcess> {
    const process = new FakeProcess(this.processes.length + 100, request)
    this.processes.push(process)
    this.script(process)
    return process
  }

  async connect(port: number): Promise<Duplex> {
    if (!this.ports.includes(port))
      throw new SandboxError('FILE', 'refused', { errno: 'ECONNREFUSED' })
    return connect(port, '127.0.0.1')
  }

  async listeningPorts(): Promise<number[]> {
    return [...this.ports]
  }

  ownerOf(peer: EgressPeer): Promise<number | null> {
    return this.owner(peer)
  }

  async usage(): Promise<Usage> {
    return { memoryBytes: 1, peakMemoryBytes: null, cpuMs: 2, processes: 3 }
  }

  async close(): Promise<void> {
    this.closes += 1
    this.onClose()
    this.die({ reason: 'closed', detail: 'closed' })
  }

  /** The sandbox goes away by itself. */
  die(end: SessionEnd): void {
    for (const process of this.processes) process.lose()
    this.#end(end)
  }
}

/** A driver of fake sessions. */
export class FakeDriver implements SandboxDriver {
  readonly name: string
  readonly isolation: Isolation
  readonly capabilities: Capabilities = {
    resident: true,
    overlay: true,
    pty: true,
    ports: true,
    snapshot: false,
  }
  readonly sessions: FakeSession[] = []
  probed: Probe = { available: true, findings: [], facts: {} }
  report: EnforcementReport = { clauses: [] }
  /** What `launch` waits for. */
  ready: (context: LaunchContext) => Promise<void> = () => Promise.resolve()

  constructor(name = 'fake', isolation: Isolation = 'process') {
    this.name = name
    this.isolation = isolation
  }

  async probe(): Promise<Probe> {
    return this.probed
  }

  /** What `enforcement` was asked about. */
  readonly plans: SandboxPlan[] = []

  async enforcement(plan: SandboxPlan): Promise<EnforcementReport> {
    this.plans.push(plan)
    return this.report
  }

  async launch(plan: SandboxPlan, context: LaunchContext): Promise<FakeSession> {
    await this.ready(context)
    const session = new FakeSession(plan, context)
    this.sessions.push(session)
    return session
  }
}

/** A server that answers each line with the same line. */
export async function echoServer(): Promise<{ server: Server; port: number }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy()).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, port: (server.address() as AddressInfo).port }
}
