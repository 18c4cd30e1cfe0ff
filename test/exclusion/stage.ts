import { createTestAuthority } from '@caisson/egress-proxy/testing'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { Finder } from './finder.ts'
import { type MadeUpSecrets, makeSecrets } from './made-up.ts'
import { openServices } from './origin.ts'
import type { Orders } from './orders.ts'
import { RecordReader } from './records.ts'
import { descendants, readTrace, type Started, tracing } from './started.ts'

/** Far above what libuv closes by itself, so that whatever is started inherits it. */
const openDescriptor = 40

/** What a run of the host came to. */
export interface HostRun {
  readonly secrets: MadeUpSecrets
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  /** What the search read, by where: how many bytes. */
  readonly read: ReadonlyMap<string, number>
  /** What the search left out, in its own words. */
  readonly unread: readonly string[]
  /** Where in that there was a secret. */
  readonly inside: Finder
  /** Where in what the host wrote there was one. */
  readonly outside: Finder
  /** What arrived at the origin. */
  readonly arrived: Finder
  /** Programs that were started, the host first; `null` without strace. */
  readonly started: readonly Started[] | null
  readonly audit: string
  /** For each process of a proxy: whether it has the open file. */
  readonly proxies: readonly boolean[]
}

/** Folders and files of one run. */
class Place implements Disposable {
  readonly folder: string = fs.mkdtempSync(join(tmpdir(), 'caisson-exclusion-'))
  readonly home: string = join(this.folder, 'home')
  readonly temporary: string = join(this.folder, 'tmp')
  readonly programs: string = join(this.folder, 'programs')
  readonly #others: readonly string[]
  readonly #secrets: MadeUpSecrets

  constructor(secrets: MadeUpSecrets) {
    this.#secrets = secrets
    const name = `caisson-${randomBytes(6).toString('hex')}`
    this.#others = [join('/tmp', name), join('/dev/shm', name)]
    for (const folder of [this.home, this.temporary, this.programs]) fs.mkdirSync(folder)
    this.#write()
    this.#copyPrograms()
  }

  /** What there is to be read by its path. */
  get paths(): string[] {
    const below = Object.keys(this.#secrets.files).map((name) => join(this.home, name))
    const own = ['socket', 'open', 'failing'].map((name) => join(this.folder, name))
    return [...below, ...own, ...this.#others, `/proc/self/fd/${openDescriptor}`]
  }

  [Symbol.dispose](): void {
    for (const path of [this.folder, ...this.#others])
      fs.rmSync(path, { recursive: true, force: true })
  }

  #write(): void {
    const { files, elsewhere } = this.#secrets
    for (const [name, content] of Object.entries(files)) {
      fs.mkdirSync(dirname(join(this.home, name)), { recursive: true })
      fs.writeFileSync(join(this.home, name), content, { mode: 0o600 })
    }
    fs.writeFileSync(join(this.home, 'workspace', 'readme.txt'), 'work\n')
    fs.writeFileSync(join(this.folder, 'open'), elsewhere['open descriptor'])
    fs.writeFileSync(join(this.folder, 'failing'), elsewhere['output of a failed command'])
    const [leftBehind = '', memory = ''] = this.#others
    fs.writeFileSync(leftBehind, elsewhere['file in /tmp'], { mode: 0o644 })
    if (process.getuid?.() === 0) fs.chownSync(leftBehind, 1001, 1001)
    fs.writeFileSync(memory, elsewhere['file in /dev/shm'], { mode: 0o644 })
  }

  #copyPrograms(): void {
    const here = import.meta.dirname
    for (const name of fs.readdirSync(here).filter((one) => one.endsWith('.js')))
      fs.copyFileSync(join(here, name), join(this.programs, name))
    fs.writeFileSync(join(this.programs, 'package.json'), '{"type":"module"}')
  }
}

/** Folder of the program that searches, for a sandbox that has one of its own. */
export function withPrograms<T>(act: (folder: string) => Promise<T>): Promise<T> {
  const place = new Place(makeSecrets())
  return act(place.programs).finally(() => place[Symbol.dispose]())
}

function lookThrough(folder: string, finder: Finder): void {
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    try {
      finder.look('a temporary file', fs.readFileSync(join(entry.parentPath, entry.name)))
    } catch {
      // It went away meanwhile.
    }
  }
}

/** The host itself, before it becomes another program, and programs that the policy has secrets from. */
const hasVariables = /exclusion\/host\.js|keys\/command|caisson-exclusion-[^/]*\/failing/

function lookAtChildren(of: number, finder: Finder): void {
  for (const { argv, environment } of descendants(of)) {
    if (argv.includes('exclusion/host.js')) continue
    finder.look('arguments of a process', argv)
    if (!hasVariables.test(argv)) finder.look('environment of a process', environment)
  }
}

/** Looks at temporary files and processes again and again, so that what comes and goes is seen. */
function watch(folder: string, child: ChildProcess, finder: Finder): () => void {
  const timer = setInterval(() => {
    lookThrough(folder, finder)
    if (child.pid !== undefined) lookAtChildren(child.pid, finder)
  }, 150)
  return () => {
    clearInterval(timer)
    lookThrough(folder, finder)
  }
}

function ordersOf(
  place: Place,
  secrets: MadeUpSecrets,
): Omit<Orders, 'isolate' | 'trust' | 'originPort' | 'tokenPort'> {
  const { elsewhere } = secrets
  return {
    home: place.home,
    programs: place.programs,
    auditPath: join(place.folder, 'audit.jsonl'),
    socketPath: join(place.folder, 'socket'),
    abstractName: `caisson-${randomBytes(6).toString('hex')}`,
    held: {
      unixSocket: elsewhere['Unix socket'],
      abstractSocket: elsewhere['abstract socket'],
      tcpServer: elsewhere['TCP server'],
      keyring: elsewhere['kernel keyring'],
      sharedMemory: elsewhere['System V shared memory'],
      static: elsewhere['static source'],
      provider: elsewhere['provider source'],
      refusedPolicy: elsewhere['refused policy'],
      providerError: elsewhere['error of a provider'],
    },
    failingFile: join(place.folder, 'failing'),
    paths: place.paths,
  }
}

function launch(place: Place, secrets: MadeUpSecrets, trace: string | null): ChildProcess {
  const host = [
    process.execPath,
    join(import.meta.dirname, 'host.js'),
    secrets.elsewhere['argument of the host'],
  ]
  const [program = '', ...argv] = trace === null ? host : [...tracing(trace), ...host]
  const opened = fs.openSync(join(place.folder, 'open'), 'r')
  const others = Array.from({ length: openDescriptor - 4 }, () => 'ignore' as const)
  const child = spawn(program, argv, {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', ...others, opened],
    env: {
      PATH: process.env['PATH'],
      HOME: place.home,
      TMPDIR: place.temporary,
      DEBUG: '*',
      ...secrets.variables,
    },
  })
  fs.closeSync(opened)
  return child
}

async function collected(stream: Readable | null, onChunk: (chunk: Buffer) => void): Promise<void> {
  for await (const chunk of stream ?? []) onChunk(chunk as Buffer)
}

/** Runs the host with secrets of its own, and looks through all that comes out of it. */
export async function runHost(isolate: Orders['isolate'], isTraced: boolean): Promise<HostRun> {
  const secrets = makeSecrets()
  const [inside, outside, arrived] = [0, 1, 2].map(() => new Finder(secrets.all)) as [
    Finder,
    Finder,
    Finder,
  ]
  using place = new Place(secrets)
  const authority = createTestAuthority()
  const handedOut = {
    leased: secrets.elsewhere['leased by Vault'],
    accessToken: secrets.elsewhere['given by OAuth 2.0'],
  }
  await using services = await openServices(authority, handedOut)
  const trace = isTraced ? join(place.folder, 'trace') : null
  const child = launch(place, secrets, trace)
  const stopWatching = watch(place.temporary, child, outside)
  const orders: Orders = {
    ...ordersOf(place, secrets),
    isolate,
    trust: authority.certificate,
    originPort: services.port,
    tokenPort: services.tokenPort,
  }
  child.stdin?.end(JSON.stringify(orders))
  const printed = { stdout: '', stderr: '' }
  const search = new SearchReading(inside)
  const proxies: boolean[] = []
  const records = new RecordReader((label, content) => {
    search.take(label, content)
    // Now everything that serves the sandbox has begun.
    if (label !== 'end' || child.pid === undefined) return
    for (const { argv, opened } of descendants(child.pid))
      if (argv.includes('isolated-main'))
        proxies.push(opened.some((path) => path === join(place.folder, 'open')))
  })
  const [stdout, stderr] = [outside.stream('stdout'), outside.stream('stderr')]
  const exited = once(child, 'exit')
  await Promise.all([
    collected(child.stdout, (chunk) => {
      stdout.take(chunk)
      printed.stdout += chunk.toString('latin1')
    }),
    collected(child.stderr, (chunk) => {
      stderr.take(chunk)
      printed.stderr += chunk.toString('latin1')
    }),
    collected(child.stdio[3] as Readable, (chunk) => records.take(chunk)),
  ])
  await exited
  stopWatching()
  const audit = fs.existsSync(orders.auditPath) ? fs.readFileSync(orders.auditPath, 'utf8') : ''
  outside.look('the audit trail', audit)
  for (const text of services.arrived) arrived.look('the origin', text)
  const started = trace === null ? null : readTrace(trace)
  const { read, unread } = search
  return {
    secrets,
    exitCode: child.exitCode,
    ...printed,
    read,
    unread,
    inside,
    outside,
    arrived,
    started,
    audit,
    proxies,
  }
}

/** What a search hands out, looked through as it comes. */
export class SearchReading {
  readonly read: Map<string, number> = new Map()
  readonly unread: string[] = []
  readonly #finder: Finder
  readonly #streams: Map<string, { take(chunk: Buffer): void }> = new Map()

  constructor(finder: Finder) {
    this.#finder = finder
  }

  take(label: string, content: Buffer): void {
    this.read.set(label, (this.read.get(label) ?? 0) + content.length)
    if (label === 'unread') this.unread.push(content.toString())
    // Answers come in pieces between those of others.
    const stream = this.#streams.get(label) ?? this.#finder.stream(label)
    this.#streams.set(label, stream)
    stream.take(content)
  }
}
