import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import {
  SandboxError,
  type DriverExit,
  type DriverProcess,
  type OutputStream,
  type SandboxPlan,
  type SpawnRequest,
} from '@caisson/core'
import type { Break } from './breaks.ts'

/** What a command is started with, beside its request. */
export interface HostSpawn {
  readonly plan: SandboxPlan
  /** The private home: a folder of the session, since the planned one does not exist on the host. */
  readonly home: string
  readonly breaks: ReadonlySet<Break>
}

const window = 262_144

/**
 * Starts a command on the bare host. Its processes are found again by a tag in their environment:
 * a number in `SHLVL`, one of the few variables that a sandbox may set of its own accord.
 */
export async function spawnOnHost(
  request: SpawnRequest,
  setting: HostSpawn,
): Promise<DriverProcess> {
  const tag = String(Math.floor(Math.random() * 2 ** 48) + 2 ** 48)
  const child = launch(request, setting, tag)
  await spawned(child)
  return new HostProcess(child, tag, setting.breaks)
}

async function spawned(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', ({ code, message }: NodeJS.ErrnoException) =>
      reject(new SandboxError('SPAWN_FAILED', message, { errno: code })),
    )
  })
}

function launch(
  request: SpawnRequest,
  { plan, home, breaks }: HostSpawn,
  tag: string,
): ChildProcess {
  const planned = breaks.has('ignores-environment')
    ? { PATH: process.env['PATH'] ?? '' }
    : request.environment
  const inherited = breaks.has('inherits-environment') ? process.env : {}
  const { uid, gid } = plan.process
  const [program = '', ...args] = argvOf(request, breaks)
  const isHome =
    request.workingDirectory === plan.scratch.home || breaks.has('ignores-working-directory')
  return spawn(program, args, {
    cwd: isHome ? home : request.workingDirectory,
    env: { ...inherited, ...planned, HOME: home, SHLVL: tag },
    detached: true,
    stdio: [
      request.stdin === 'none' || breaks.has('withholds-stdin') ? 'ignore' : 'pipe',
      'pipe',
      'pipe',
      ...(breaks.has('leaks-descriptor') ? ['pipe' as const] : []),
    ],
    ...(uid === process.getuid?.() ? {} : { uid, gid }),
  })
}

function argvOf(request: SpawnRequest, breaks: ReadonlySet<Break>): readonly string[] {
  if (breaks.has('joins-arguments')) return ['/bin/sh', '-c', request.argv.join(' ')]
  if (breaks.has('starts-anything')) return ['/bin/sh', '-c', '"$@"', 'sh', ...request.argv]
  if (request.stderr === 'merge') return ['/bin/sh', '-c', 'exec "$@" 2>&1', 'sh', ...request.argv]
  return request.argv
}

class HostProcess implements DriverProcess {
  readonly pid: number
  readonly exited: Promise<DriverExit>
  readonly gone: Promise<void>
  readonly tag: string
  readonly #child: ChildProcess
  readonly #breaks: ReadonlySet<Break>
  readonly #outstanding = { stdout: 0, stderr: 0 }
  readonly #early: [OutputStream, Uint8Array][] = []
  #listener: ((stream: OutputStream, chunk: Uint8Array) => void) | null = null
  #lastSeen = Date.now()
  #delivered = 0

  constructor(child: ChildProcess, tag: string, breaks: ReadonlySet<Break>) {
    this.pid = child.pid ?? 0
    this.tag = tag
    this.#child = child
    this.#breaks = breaks
    this.#follow(child.stdout, breaks.has('swaps-streams') ? 'stderr' : 'stdout')
    this.#follow(child.stderr, breaks.has('swaps-streams') ? 'stdout' : 'stderr')
    const closed = once(child, 'close')
    this.exited = once(child, 'exit').then(([code, signal]) => this.#exit(closed, code, signal))
    this.gone = this.#untilGone(closed)
  }

  onOutput(listener: (stream: OutputStream, chunk: Uint8Array) => void): void {
    this.#listener = listener
    for (const [stream, chunk] of this.#early.splice(0)) listener(stream, chunk)
  }

  consumed(stream: OutputStream, bytes: number): void {
    this.#outstanding[stream] -= bytes
    if (this.#outstanding[stream] <= window) this.#pipe(stream)?.resume()
  }

  async write(chunk: Uint8Array): Promise<void> {
    const { stdin } = this.#child
    if (stdin === null) return
    await new Promise<void>((resolve, reject) => {
      stdin.write(chunk, (error) => {
        if (error === null || error === undefined) resolve()
        else reject(new SandboxError('FILE', error.message, { errno: 'EPIPE' }))
      })
    })
  }

  closeStdin(): void {
    this.#child.stdin?.end()
  }

  async kill(signal: string, scope: 'group' | 'tree'): Promise<void> {
    const sent = this.#breaks.has('sends-sigkill-only') ? 'SIGKILL' : signal
    send(scope === 'group' ? -this.pid : this.pid, sent)
    if (scope === 'group' || this.#breaks.has('kills-leader-only')) return
    for (const pid of await tagged([this.tag])) send(pid, sent)
  }

  resize(): void {
    // A pipe has no size: the driver has no terminals to offer.
  }

  #pipe(stream: OutputStream): Readable | null {
    const isFirst = (stream === 'stdout') !== this.#breaks.has('swaps-streams')
    return isFirst ? this.#child.stdout : this.#child.stderr
  }

  #follow(pipe: Readable | null, stream: OutputStream): void {
    pipe?.on('data', (chunk: Buffer) => {
      if (stream === 'stderr' && this.#breaks.has('delays-stderr'))
        setTimeout(() => this.#deliver(stream, chunk), 120)
      else this.#deliver(stream, chunk)
      this.#outstanding[stream] += chunk.length
      if (this.#outstanding[stream] > window && !this.#breaks.has('ignores-credit')) pipe.pause()
    })
    this.#child.stdin?.on('error', () => undefined)
  }

  #deliver(stream: OutputStream, chunk: Buffer): void {
    this.#lastSeen = Date.now()
    this.#delivered += chunk.length
    let told: Buffer = chunk
    if (this.#breaks.has('writes-ascii-only'))
      told = Buffer.from(chunk.map((byte) => (byte > 127 ? 63 : byte)))
    if (this.#breaks.has('drops-bytes') && this.#delivered > 50_000) {
      this.#outstanding[stream] -= 1
      told = chunk.subarray(0, -1)
    }
    if (told.length === 0) return
    if (this.#listener === null) this.#early.push([stream, told])
    else this.#listener(stream, told)
  }

  async #exit(
    closed: Promise<unknown>,
    code: number | null,
    signal: string | null,
  ): Promise<DriverExit> {
    const pipes = { closed: false }
    void closed.then(() => {
      pipes.closed = true
    })
    this.#lastSeen = Date.now()
    // A background process may hold the pipes open: silence stands for "everything was delivered".
    while (!pipes.closed && (this.#isHeldBack() || Date.now() - this.#lastSeen < 40)) await pause(5)
    if (this.#breaks.has('delays-stderr')) await pause(150)
    if (this.#breaks.has('ends-background'))
      for (const pid of await tagged([this.tag])) send(pid, 'SIGKILL')
    return {
      ...this.#told(code, signal),
      cpuMs: 0,
      peakMemoryBytes: 0,
      limitsHit: this.#breaks.has('invents-limits') ? ['memory'] : [],
    }
  }

  #isHeldBack(): boolean {
    return this.#child.stdout?.isPaused() === true || this.#child.stderr?.isPaused() === true
  }

  #told(code: number | null, signal: string | null): Pick<DriverExit, 'exitCode' | 'signal'> {
    if (this.#breaks.has('masks-exit-codes') && code !== null)
      return { exitCode: code & 0x7f, signal: null }
    if (this.#breaks.has('tells-signals-as-codes') && signal !== null)
      return { exitCode: 137, signal: null }
    return { exitCode: code, signal }
  }

  async #untilGone(closed: Promise<unknown>): Promise<void> {
    await closed
    while ((await tagged([this.tag])).length > 0) await pause(50, undefined, { ref: false })
  }
}

/** Ids of the processes whose environment holds one of the tags. */
export async function tagged(tags: readonly string[]): Promise<number[]> {
  return processesWith(
    (variable) => variable.startsWith('SHLVL=') && tags.includes(variable.slice(6)),
  )
}

/** Ids of the processes that have a variable of which the condition holds. */
export async function processesWith(condition: (variable: string) => boolean): Promise<number[]> {
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '')
    if (environment.split('\0').some(condition)) found.push(Number(name))
  }
  return found
}

/** Sends a signal; a process that is gone already needs none. */
export function send(pid: number, signal: string): void {
  try {
    process.kill(pid, signal)
  } catch {
    // ESRCH: it ended meanwhile.
  }
}

export type { HostProcess }
