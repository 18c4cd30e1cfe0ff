import type { ChildProcess } from 'node:child_process'

/** Steps that give back what a launch made, taken in reverse order, once. */
export class Undo {
  readonly #steps: (() => Promise<void> | void)[] = []
  #running: Promise<unknown[]> | null = null

  /** Adds a step. Steps added after {@link Undo.run} began are the caller's mistake and throw. */
  add(step: () => Promise<void> | void): void {
    if (this.#running !== null) throw new Error('cleaning up has begun')
    this.#steps.push(step)
  }

  /** Takes every step, whatever others did; resolves with what went wrong. Idempotent. */
  run(): Promise<unknown[]> {
    this.#running ??= this.#takeAll()
    return this.#running
  }

  async #takeAll(): Promise<unknown[]> {
    const failures: unknown[] = []
    for (const step of this.#steps.toReversed()) {
      try {
        await step()
      } catch (error) {
        failures.push(error)
      }
    }
    return failures
  }
}

/** How long a sandbox whose link is closed may take to end by itself. */
const patienceMs = 2000

/**
 * Waits for bwrap to end, and ends it by SIGKILL when it does not. The kernel ends init with it
 * (`--die-with-parent`), and with init every process inside.
 */
export async function endProcess(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (child.pid === undefined) return
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs)
  await exited
  clearTimeout(timer)
}
