import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ConformanceContext } from './behaviour.ts'
import type { ExecOptions, ExecResult, Sandbox } from '@caisson/core'

/** What a script is run with. */
export interface ScriptRun {
  /** Positional parameters: `$1` … of a shell, `$ARGV[0]` … of Perl. Nothing needs quoting. */
  readonly args?: readonly string[]
  readonly options?: ExecOptions
}

/** Runs a shell script inside; a non-zero exit is a result. */
export function shell(sandbox: Sandbox, script: string, run: ScriptRun = {}): Promise<ExecResult> {
  return sandbox.exec(['/bin/sh', '-c', script, 'sh', ...(run.args ?? [])], run.options)
}

/** Runs a Perl program inside: the one language on every Linux system view that can make any system call. */
export function perl(sandbox: Sandbox, program: string, run: ScriptRun = {}): Promise<ExecResult> {
  return sandbox.exec(['perl', '-e', program, '--', ...(run.args ?? [])], run.options)
}

/** Asserts that a command succeeded and returns what it printed, without the last line ends. */
export function printed(result: ExecResult): string {
  assert.equal(
    result.exitCode,
    0,
    `exit ${String(result.exitCode)} ${String(result.signal)}: ${result.stderr}`,
  )
  return result.stdout.replace(/\n+$/, '')
}

/** Asserts that a command ran and failed by itself. */
export function refused(result: ExecResult, act: string): void {
  assert.notEqual(
    result.exitCode,
    null,
    `${act}: the command was ended by ${String(result.signal)}`,
  )
  assert.notEqual(result.exitCode, 0, `${act} was not refused: ${result.stdout}`)
}

/** Asserts that a promise rejects with a `SandboxError` of one of these codes. */
export async function rejectsWith(work: Promise<unknown>, codes: readonly string[]): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null
    assert.ok(
      codes.includes(String(code)),
      `${String(error)} (${String(code)}) instead of ${codes.join(' or ')}`,
    )
    return true
  })
}

/** Bytes as text, to compare them with strings. */
export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

/** A project folder shared with the sandbox, and one beside it that is not. */
export interface Scene {
  /** Mounted. */
  readonly project: string
  /** Not mounted; holds `secret`. */
  readonly outside: string
  /** `outside/secret`, on the host. */
  readonly secretPath: string
  /** Its content, which must never be seen inside. */
  readonly secret: string
}

/** Makes both folders on the host. */
export async function scene(context: ConformanceContext): Promise<Scene> {
  const project = await context.folder('project')
  const outside = await context.folder('outside')
  const secret = context.host.marker()
  const secretPath = join(outside, 'secret')
  await writeFile(secretPath, secret)
  await mkdir(join(project, 'sub'))
  await writeFile(join(project, 'file'), 'original\n')
  return { project, outside, secretPath, secret }
}

/**
 * A shell script that leaves a process behind which has left its session, ignores every polite
 * signal, has `$1` in its command line and appends to `$2` five times a second. `$2` may be
 * `/dev/null`.
 */
export const daemonScript: string = `
loop='trap "" TERM HUP INT QUIT; while sleep 0.2; do echo beat >> "$1"; done'
(setsid /bin/sh -c "$loop" "$1" "$2" < /dev/null > /dev/null 2>&1 &) &
wait
`
