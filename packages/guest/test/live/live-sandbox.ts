import type { DriverProcess, SessionNotice, SpawnRequest } from '@caisson/core'
import { connectGuest, guestInitPath, type GuestSession, type SetupOperation } from '@caisson/guest'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { Duplex } from 'node:stream'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A sandbox of real namespaces around the real init, without the policy that a driver adds. */
export interface LiveSandbox extends AsyncDisposable {
  readonly session: GuestSession
  readonly notices: SessionNotice[]
  readonly bwrap: ChildProcess
  /** The end of bwrap, which is the end of everything inside. */
  readonly over: Promise<void>
}

/** What a live sandbox has beside a system. */
export interface LiveOptions {
  readonly operations?: readonly SetupOperation[]
  /** Host folders, bound at `/.caisson/m/<index>`. */
  readonly staged?: readonly string[]
  readonly sentinel?: boolean
  /** Plays the host's end of the channel for doors, which init has as descriptor 4. */
  readonly onChannel?: (channel: Duplex) => void
}

const namespaces = ['user', 'pid', 'net', 'ipc', 'uts'].map((name) => `--unshare-${name}`)
const system = ['/usr', '/bin', '/lib', '/lib64', '/etc/alternatives']

const fixed = '--as-pid-1 --die-with-parent --new-session --uid 0 --gid 0 --cap-add ALL'
const places = '--proc /proc --dev /dev --tmpfs /tmp'
const start = '/.caisson/init -- /.caisson/init --link 3'

function bwrapArguments(staged: readonly string[]): string[] {
  return [
    ...namespaces,
    ...fixed.split(' '),
    ...system.flatMap((path) => ['--ro-bind-try', path, path]),
    ...places.split(' '),
    ...staged.flatMap((path, index) => ['--bind', path, `/.caisson/m/${index}`]),
    '--ro-bind',
    guestInitPath(),
    ...start.split(' '),
  ]
}

/** Why a live sandbox cannot be made here, or `undefined`. */
export function liveObstacle(): string | undefined {
  if (process.platform !== 'linux') return 'not Linux'
  const flags = [...namespaces, '--ro-bind', '/', '/', 'true']
  return spawnSync('bwrap', flags).status === 0 ? undefined : 'bwrap cannot make namespaces here'
}

/**
 * What a title says when its tests cannot run here. Where bubblewrap has to be there it says nothing: a skip
 * without a reason is a failure.
 */
export function whySkipped(): string {
  const obstacle = liveObstacle()
  const isRequired = (process.env['CAISSON_REQUIRE'] ?? '').split(',').includes('bubblewrap')
  return obstacle === undefined || isRequired ? '' : ` (skipped: ${obstacle})`
}

/** What a driver ends every set-up with, without its seccomp program. */
const ending: readonly SetupOperation[] = [
  { kind: 'hide', path: '/.caisson' },
  { kind: 'identity', uid: 1000, gid: 1000 },
  { kind: 'lock' },
]

/** Starts one. */
export async function liveSandbox(options: LiveOptions = {}): Promise<LiveSandbox> {
  const { operations = [], staged = [], sentinel = false, onChannel } = options
  const bwrap = spawn('bwrap', bwrapArguments(staged), {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe', ...(onChannel ? (['pipe'] as const) : [])],
    env: {},
  })
  const over = new Promise<void>((resolve) => bwrap.once('exit', () => resolve()))
  const link = bwrap.stdio[3]
  if (!(link instanceof Duplex)) throw new Error('bwrap has no link')
  const channel = bwrap.stdio[4]
  if (channel instanceof Duplex) onChannel?.(channel)
  const notices: SessionNotice[] = []
  const session = await connectGuest(link, {
    operations: [...operations, ...ending],
    timeoutMs: 20_000,
    openFiles: 0,
    sentinel,
    onNotice: (notice) => notices.push(notice),
  })
  return {
    session,
    notices,
    bwrap,
    over,
    async [Symbol.asyncDispose]() {
      await session.close()
      await over
    },
  }
}

/** A command with the usual fields. */
export function command(
  argv: readonly string[],
  changes: Partial<SpawnRequest> = {},
): SpawnRequest {
  return {
    argv,
    environment: { PATH: '/usr/bin:/bin' },
    workingDirectory: '/tmp',
    stdin: 'none',
    stderr: 'pipe',
    terminal: null,
    ...changes,
  }
}

/** What a command did. */
export interface Outcome {
  readonly exitCode: number | null
  readonly signal: string | null
  readonly stdout: Buffer
  readonly stderr: Buffer
  /** Both, in the order in which they came. */
  readonly output: string
}

/** Collects what a process does, until it exits. */
export async function outcome(process: DriverProcess): Promise<Outcome> {
  const stdout: Uint8Array[] = []
  const stderr: Uint8Array[] = []
  const both: Uint8Array[] = []
  process.onOutput((stream, chunk) => {
    both.push(chunk)
    ;(stream === 'stdout' ? stdout : stderr).push(chunk)
    process.consumed(stream, chunk.length)
  })
  const { exitCode, signal } = await process.exited
  return {
    exitCode,
    signal,
    stdout: Buffer.concat(stdout),
    stderr: Buffer.concat(stderr),
    output: Buffer.concat(both).toString(),
  }
}

/** Runs a shell script to its exit. */
export async function shell(
  sandbox: LiveSandbox,
  script: string,
  changes: Partial<SpawnRequest> = {},
): Promise<Outcome> {
  return await outcome(await sandbox.session.spawn(command(['sh', '-c', script], changes)))
}

/** A folder on the host that is removed at the end. */
export function hostFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'caisson-guest-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
