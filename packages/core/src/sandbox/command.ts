import { SandboxError } from '../errors.ts'
import type { SpawnRequest, TerminalSize } from '../driver.ts'
import type { SandboxPlan } from '../plan/types.ts'
import { refuseUnknown } from './check-options.ts'
import { resolveInside } from './inside-path.ts'

/** A string runs as `/bin/sh -c` (not a login shell); an array is argv, looked up in `PATH`. */
export type Command = string | readonly string[]

/** What a command reads: all of it is written to its stdin, which is then closed. */
export type CommandInput =
  string | Uint8Array | ReadableStream<Uint8Array | string> | AsyncIterable<Uint8Array | string>

/** What `exec` and `spawn` share. */
export interface RunOptions {
  /** Where the command starts. Relative paths are taken from the sandbox's working directory. */
  readonly cwd?: string | undefined
  /** Variables beside those of the policy; the same names win over it. `undefined` removes one. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** Ends the command and all its descendants after this time, in milliseconds. Default: no bound but the policy's. */
  readonly timeoutMs?: number | undefined
  /** Aborting ends the command and all its descendants; the result says `aborted`. */
  readonly signal?: AbortSignal | undefined
  /**
   * How many bytes of each stream are kept, half of them from the beginning and half from the end.
   * Default 8 MiB, at most 256 MiB.
   */
  readonly maxOutputBytes?: number | undefined
  /** `merge` writes stderr to stdout's pipe, in exact order. Default `pipe`: apart. */
  readonly stderr?: 'pipe' | 'merge' | undefined
  /** Gives the command a terminal of this size. Everything it writes is then stdout. Default: none. */
  readonly terminal?: TerminalSize | undefined
}

/** Options of `exec`. */
export interface ExecOptions extends RunOptions {
  /** Default: nothing (`/dev/null`). */
  readonly stdin?: CommandInput | undefined
}

/** Options of `spawn`. */
export interface SpawnOptions extends RunOptions {
  /** `pipe` opens `process.stdin`; `none` is `/dev/null`. Default `none`, and `pipe` with a terminal. */
  readonly stdin?: 'pipe' | 'none' | undefined
}

const defaultKeptBytes = 8 * 1024 * 1024
const mostKeptBytes = 256 * 1024 * 1024
/** The longest delay of a timer of Node: one millisecond more would fire at once. */
const longestDelayMs = 2 ** 31 - 1

/** Checks a duration and gives it back. */
export function checkedDuration(name: string, value: number): number {
  if (!Number.isFinite(value) || value <= 0 || value > longestDelayMs)
    throw new TypeError(`${name} must be from 1 to ${longestDelayMs} milliseconds, not ${value}`)
  return value
}

/** Throws `ABORTED` when a signal is already aborted. */
export function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true)
    throw new SandboxError('ABORTED', 'the operation was aborted before it began', {
      cause: signal.reason,
    })
}

/** How many bytes of each stream to keep. */
export function keptBytes(options: RunOptions): number {
  const bytes = options.maxOutputBytes ?? defaultKeptBytes
  if (!Number.isSafeInteger(bytes) || bytes < 0 || bytes > mostKeptBytes)
    throw new TypeError(`maxOutputBytes must be from 0 to ${mostKeptBytes}, not ${bytes}`)
  return bytes
}

function argvOf(command: Command): readonly string[] {
  const argv = typeof command === 'string' ? ['/bin/sh', '-c', command] : [...command]
  if (argv.length === 0 || argv[0] === '') throw new TypeError('a command names a program')
  if (argv.some((one) => typeof one !== 'string' || one.includes('\0')))
    throw new TypeError('a command is made of strings without NUL')
  return argv
}

function environmentOf(
  plan: SandboxPlan,
  added: RunOptions['env'],
): Readonly<Record<string, string>> {
  if (added === undefined) return plan.environment
  const merged = new Map(Object.entries(plan.environment))
  for (const [name, value] of Object.entries(added)) {
    if (name === '' || /[=\0]/.test(name) || value?.includes('\0') === true)
      throw new TypeError(
        `environment variable ${JSON.stringify(name)} has an impossible name or value`,
      )
    if (value === undefined) merged.delete(name)
    else merged.set(name, value)
  }
  return Object.fromEntries(merged)
}

function checkedTerminal(size: TerminalSize): TerminalSize {
  for (const count of [size.columns, size.rows])
    if (!Number.isInteger(count) || count < 1 || count > 65_535)
      throw new TypeError('a terminal has from 1 to 65535 columns and rows')
  return { columns: size.columns, rows: size.rows }
}

const known = [
  'cwd',
  'env',
  'timeoutMs',
  'signal',
  'maxOutputBytes',
  'stderr',
  'terminal',
  'stdin',
] as const

/** Fills in everything that a driver gets told about a command. */
export function spawnRequest(
  plan: SandboxPlan,
  command: Command,
  options: SpawnOptions,
): SpawnRequest {
  refuseUnknown('a command', options, known)
  return {
    argv: argvOf(command),
    environment: environmentOf(plan, options.env),
    workingDirectory: resolveInside(plan, options.cwd ?? plan.workingDirectory),
    stdin: options.stdin ?? (options.terminal === undefined ? 'none' : 'pipe'),
    stderr: options.stderr ?? 'pipe',
    terminal: options.terminal === undefined ? null : checkedTerminal(options.terminal),
  }
}
