import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import {
  SandboxError,
  type Capabilities,
  type DriverOverlays,
  type DriverProcess,
  type DriverSession,
  type EnforcedBy,
  type LaunchContext,
  type SandboxDriver,
  type SandboxPlan,
  type SessionEnd,
  type SpawnRequest,
} from '@caisson/core'
import type { Break, ScriptedAnswer } from './breaks.ts'
import { hostFiles } from './files.ts'
import { processesWith, send, spawnOnHost, tagged, type HostProcess } from './process.ts'
import { scriptedProcess } from './scripted-process.ts'

/** What the driver gets wrong beside everything that it cannot do. */
export interface UnsafeHostOptions {
  readonly breaks?: readonly Break[]
  /** Answers instead of running anything. */
  readonly script?: (request: SpawnRequest) => ScriptedAnswer
  readonly capabilities?: Partial<Capabilities>
  /** Names every process and folder that it makes, for `sweep`. Default: the id of this process. */
  readonly owner?: string
  /** Who it says enforces everything. Default: the kernel, which is a lie. */
  readonly enforcedBy?: EnforcedBy
}

const clauses = [
  'filesystem.system',
  'filesystem.mounts',
  'filesystem.deny',
  'filesystem.protect',
  'filesystem.tmpMiB',
  'network',
  'resources.cpus',
  'resources.memoryMiB',
  'resources.pids',
  'resources.diskMiB',
  'resources.openFiles',
  'resources.wallTimeMs',
  'resources.outputBytes',
  'process.user',
  'process.hostname',
  'process.unixSockets',
]

/**
 * NOT A SANDBOX. Runs everything on the bare host with the rights of this process, claims that all
 * is well, and exists so that the behaviours can be seen to fail.
 */
export function unsafeHostDriver(options: UnsafeHostOptions = {}): SandboxDriver {
  const by = options.enforcedBy ?? 'kernel'
  return {
    name: 'unsafe-host',
    isolation: 'process',
    capabilities: {
      resident: true,
      overlay: true,
      pty: true,
      ports: true,
      snapshot: false,
      ...options.capabilities,
    },
    probe: async () => ({ available: true, findings: [], facts: {} }),
    enforcement: async () => ({
      clauses: clauses.map((clause) => ({ clause, by, detail: 'nothing at all' })),
    }),
    launch: (plan, context) => launch(plan, context, options),
  }
}

function ownedName(owner: string): string {
  return `caisson-unsafe-host-${owner}-`
}

/** Ends what broken promises left running, and removes what they left lying about. */
export async function sweep(owner: string): Promise<void> {
  for (const pid of await processesWith(
    (variable) => variable.startsWith('HOME=') && variable.includes(ownedName(owner)),
  ))
    send(pid, 'SIGKILL')
  for (const name of await readdir(tmpdir()))
    if (name.startsWith(ownedName(owner)))
      await rm(join(tmpdir(), name), { recursive: true, force: true })
}

async function launch(
  plan: SandboxPlan,
  context: LaunchContext,
  options: UnsafeHostOptions,
): Promise<DriverSession> {
  const breaks = new Set(options.breaks)
  const owned = join(tmpdir(), ownedName(options.owner ?? String(process.pid)))
  if (breaks.has('leaves-processes'))
    spawn('sleep', ['30'], { stdio: 'ignore', env: { ...process.env, HOME: owned } }).unref()
  const home = await mkdtemp(owned)
  if (context.signal?.aborted === true && !breaks.has('ignores-abort')) {
    await rm(home, { recursive: true })
    throw new SandboxError('ABORTED', 'the creation was aborted')
  }
  return new HostSession(plan, home, options)
}

class HostSession implements DriverSession {
  readonly fs: DriverSession['fs']
  readonly overlays: DriverOverlays = noOverlays
  readonly ended: Promise<SessionEnd>
  readonly #plan: SandboxPlan
  readonly #home: string
  readonly #options: UnsafeHostOptions
  readonly #breaks: ReadonlySet<Break>
  readonly #tags: string[] = []
  #end: (end: SessionEnd) => void = () => undefined

  constructor(plan: SandboxPlan, home: string, options: UnsafeHostOptions) {
    this.#plan = plan
    this.#home = home
    this.#options = options
    this.#breaks = new Set(options.breaks)
    this.fs = hostFiles(this.#breaks)
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  async spawn(request: SpawnRequest): Promise<DriverProcess> {
    if (this.#options.script !== undefined) return scriptedProcess(this.#options.script(request))
    const setting = { plan: this.#plan, home: this.#home, breaks: this.#breaks }
    const started = (await spawnOnHost(request, setting)) as HostProcess
    this.#tags.push(started.tag)
    return started
  }

  async connect(port: number): Promise<Duplex> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return socket
  }

  async listeningPorts(): Promise<number[]> {
    if (this.#breaks.has('hides-ports')) return []
    const table = await readFile('/proc/net/tcp', 'utf8')
    return [...table.matchAll(/: [0-9A-F]{8}:([0-9A-F]{4}) \w+:\w+ 0A /g)].map(([, port]) =>
      Number.parseInt(port ?? '0', 16),
    )
  }

  ownerOf(): Promise<number | null> {
    return Promise.resolve(null)
  }

  async usage(): Promise<Awaited<ReturnType<DriverSession['usage']>>> {
    return { memoryBytes: null, peakMemoryBytes: null, cpuMs: null, processes: null }
  }

  async close(): Promise<void> {
    if (!this.#breaks.has('kills-leader-only'))
      for (const pid of await tagged(this.#tags)) send(pid, 'SIGKILL')
    if (!this.#breaks.has('leaves-temp')) await rm(this.#home, { recursive: true, force: true })
    this.#end({ reason: 'closed', detail: 'closed by the host' })
  }
}

/** An overlay that holds nothing, because everything went to the host. */
const noOverlays: DriverOverlays = {
  changes: async () => [],
  read: async () => new Uint8Array(),
  readLink: async () => '',
  discard: async () => undefined,
  frozen: async (work) => work(),
}
