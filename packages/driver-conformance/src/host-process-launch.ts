import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { skip } from './behaviour.ts'

/** Hands outside the sandbox: processes that the host runs beside it. */
export interface HostProcesses {
  /** A process that sleeps and has the word in its command line. */
  sleeper(marker: string): Promise<number>
  /** Runs a program to its end; a missing one ends the behaviour as skipped. */
  run(program: string, args: readonly string[], cwd?: string): Promise<string>
  /** A Node process that runs a module of this package; resolves with its first line of output. */
  node(modulePath: string, options: NodeProcessOptions): Promise<NodeProcess>
}

/** What another Node process gets. */
export interface NodeProcessOptions {
  readonly args: readonly string[]
  /** Its folder for temporary files. */
  readonly tempDir: string
}

/** Another Node process. */
export interface NodeProcess {
  readonly pid: number
  readonly firstLine: string
  /** SIGKILL: it gets no chance to clean up. */
  killHard(): Promise<void>
  /** Resolves with its exit code. */
  readonly exited: Promise<number | null>
}

const runFile = promisify(execFile)

/** Starts processes that `defer` ends after the behaviour. */
export function createHostProcesses(
  defer: (cleanup: () => Promise<unknown> | void) => void,
): HostProcesses {
  return {
    sleeper: async (marker) => {
      const child = spawn('sleep', ['300'], { argv0: marker, stdio: 'ignore' })
      defer(() => endHard(child))
      await once(child, 'spawn')
      return pidOf(child)
    },
    run: runOnHost,
    node: (modulePath, options) => launchNode(modulePath, options, defer),
  }
}

async function runOnHost(program: string, args: readonly string[], cwd?: string): Promise<string> {
  try {
    const { stdout } = await runFile(program, [...args], cwd === undefined ? {} : { cwd })
    return stdout.trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      skip(`the host has no ${program}`)
    throw error
  }
}

async function launchNode(
  modulePath: string,
  options: NodeProcessOptions,
  defer: (cleanup: () => Promise<unknown> | void) => void,
): Promise<NodeProcess> {
  const child = spawn(process.execPath, [modulePath, ...options.args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: options.tempDir },
  })
  defer(() => endHard(child))
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', resolve)
  })
  const firstLine = await Promise.race([lineFrom(child), exited.then((code) => `exit ${code}`)])
  return { pid: pidOf(child), firstLine, exited, killHard: () => endHard(child) }
}

async function lineFrom(child: ChildProcess): Promise<string> {
  let text = ''
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk)
    const end = text.indexOf('\n')
    if (end >= 0) return text.slice(0, end)
  }
  return text
}

async function endHard(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('the process was not started')
  return child.pid
}
