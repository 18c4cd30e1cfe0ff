import { type ChildProcess, spawn } from 'node:child_process'
import { basename } from 'node:path'
import { errorWord } from './error-word.ts'
import { SourceFault } from './secret.ts'

const longestRunMs = 30_000
const mostOutput = 65_536
/** What was printed before a program ended is read by then, even if somebody else keeps the pipe open. */
const drainMs = 1000

/**
 * What a program prints. It runs without a shell, in a process group of its own that ends with it, with the
 * host's environment, which tools that keep secrets need. Nothing of what it says is in an error.
 */
export async function readCommand(argv: readonly string[], signal: AbortSignal): Promise<Buffer> {
  const [program = '', ...given] = argv
  const name = `command ${basename(program).slice(0, 64)}`
  if (signal.aborted) throw new SourceFault(`${name}: it was given up`)
  const child = launch(program, given, name)
  const output = new Output(() => killGroup(child))
  const onAbort = (): void => output.stop('it took too long')
  const timer = setTimeout(onAbort, longestRunMs)
  signal.addEventListener('abort', onAbort, { once: true })
  child.stdout?.on('data', (chunk: Buffer) => output.take(chunk))
  try {
    const how = await ended(child)
    const fault = output.stopped ?? how
    if (fault !== null) throw new SourceFault(`${name}: ${fault}`, { passing: true })
    return output.bytes()
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
    output.forget()
  }
}

function launch(program: string, given: readonly string[], name: string): ChildProcess {
  try {
    return spawn(program, given, {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: process.platform !== 'win32',
      windowsHide: true,
      shell: false,
    })
  } catch (error) {
    throw new SourceFault(`${name}: it could not be started (${errorWord(error)})`)
  }
}

/** What was printed so far, while it is not too much. */
class Output {
  stopped: string | null = null
  readonly #chunks: Buffer[] = []
  readonly #kill: () => void
  #length = 0

  constructor(kill: () => void) {
    this.#kill = kill
  }

  take(chunk: Buffer): void {
    this.#length += chunk.length
    this.#chunks.push(chunk)
    if (this.#length > mostOutput) this.stop('it printed more than 64 KiB')
  }

  stop(why: string): void {
    this.stopped ??= why
    this.#kill()
    this.forget()
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  forget(): void {
    for (const chunk of this.#chunks.splice(0)) chunk.fill(0)
  }
}

/** Resolves when the program is gone and what it printed was read: `null`, or what went wrong. */
function ended(child: ChildProcess): Promise<string | null> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      // One that was started and cannot be signalled still ends.
      if (child.pid === undefined) resolve(`it could not be started (${errorWord(error)})`)
    })
    child.once('exit', (code, killer) => {
      // What it left behind in its group would outlive it.
      killGroup(child)
      const drained = setTimeout(() => child.stdout?.destroy(), drainMs)
      const how = code === 0 ? null : `it ended with ${killer ?? `code ${String(code)}`}`
      child.once('close', () => {
        clearTimeout(drained)
        resolve(how)
      })
    })
  })
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    if (process.platform === 'win32') child.kill('SIGKILL')
    else process.kill(-child.pid, 'SIGKILL')
  } catch {
    // Nobody is left in it.
  }
}
