import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import type { Variables } from './tool-variables-source.ts'

/** What a tool answered, or why it did not. */
export type ToolAnswer =
  | { readonly kind: 'answer'; readonly text: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly why: string }

type Child = ChildProcessByStdio<null, Readable, null>

/** How much of a tool is waited for. */
export interface ToolBounds {
  readonly longestMs: number
  readonly mostBytes: number
}

const usualBounds: ToolBounds = Object.freeze({ longestMs: 10_000, mostBytes: 1_048_576 })

/**
 * Runs a tool and takes what it prints. It runs in the root folder: the folder that a program happens to be
 * started in may be the very one that is not trusted, and its `.npmrc`, `.cargo/config.toml` or
 * `rust-toolchain.toml` would choose the registry, or even the program. No shell; 10 s and 1 MiB at most;
 * a tool that takes more is ended with all that it started.
 */
export function askTool(
  argv: readonly string[],
  variables: Variables,
  bounds: ToolBounds = usualBounds,
): Promise<ToolAnswer> {
  const [command, ...rest] = argv
  if (command === undefined) return Promise.resolve({ kind: 'missing' })
  const child = start(command, rest, variables)
  if (child === null) return Promise.resolve({ kind: 'failed', why: 'could not be started' })
  return new Promise((resolve) => {
    attend(child, bounds, resolve)
  })
}

function start(command: string, rest: readonly string[], variables: Variables): Child | null {
  try {
    return spawn(command, rest, {
      cwd: '/',
      env: variables,
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    })
  } catch {
    // An argument or a variable that no system takes. The error would repeat it, and it may be a secret.
    return null
  }
}

function attend(
  child: Child,
  { longestMs, mostBytes }: ToolBounds,
  resolve: (answer: ToolAnswer) => void,
): void {
  const chunks: Buffer[] = []
  let length = 0
  let over = false
  const finish = (answer: ToolAnswer): void => {
    if (over) return
    over = true
    clearTimeout(timer)
    resolve(answer)
  }
  const cut = (why: string): void => {
    if (over) return
    child.stdout.destroy()
    endGroup(child.pid)
    finish({ kind: 'failed', why })
  }
  const late = (): void => {
    cut(`did not answer within ${longestMs / 1000} s`)
  }
  const timer = setTimeout(late, longestMs)
  child.once('error', (error: NodeJS.ErrnoException) => {
    const absent = error.code === 'ENOENT' || error.code === 'EACCES' || error.code === 'ENOTDIR'
    finish(absent ? { kind: 'missing' } : { kind: 'failed', why: 'could not be started' })
  })
  child.stdout.once('error', () => cut('could not be read'))
  child.stdout.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length <= mostBytes) chunks.push(chunk)
    else cut(`printed more than ${mostBytes} bytes`)
  })
  child.once('close', (code) => {
    if (code === 0) finish({ kind: 'answer', text: Buffer.concat(chunks).toString('utf8') })
    else finish({ kind: 'failed', why: code === null ? 'was ended' : `ended with code ${code}` })
  })
}

/** What the tool started goes with it. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    // Usually nobody is left in the group. A tool that may not be signalled has bounds of its own.
    if (!(error instanceof Error)) throw error
  }
}
