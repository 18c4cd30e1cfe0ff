import type { Denial } from '../denial.ts'
import type { DriverProcess, SpawnRequest } from '../driver.ts'
import { SandboxError } from '../errors.ts'
import {
  type Command,
  type CommandInput,
  keptBytes,
  refuseAborted,
  type SpawnOptions,
  checkedDuration,
  spawnRequest,
} from './command.ts'
import type { SandboxContext } from './context.ts'
import { LiveProcess } from './live-process.ts'
import { PidNames } from './pid-names.ts'
import type { SandboxProcess, SandboxProcesses } from './process.ts'
import { ToldDenials } from './told-denials.ts'

/** How long what a command sent may still be on its way, and a look for who it was may take. */
const afterglowMs = 1000

/** Starts commands, and knows those that still run. */
export class ProcessTable implements SandboxProcesses {
  readonly #context: SandboxContext
  readonly #running = new Map<string, LiveProcess>()
  /** Commands on their way, and what was told meanwhile: they may act before the driver says that they run. */
  readonly #starting = new Map<string, ToldDenials>()
  /** Commands of which nothing runs any more, and since when. */
  readonly #lately = new Map<string, number>()
  readonly #names = new PidNames((id) => this.#isAlive(id))
  #started = 0

  constructor(context: SandboxContext) {
    this.#context = context
  }

  list(): SandboxProcess[] {
    return [...this.#running.values()]
  }

  get(id: string): SandboxProcess | undefined {
    return this.#running.get(id)
  }

  /** Starts a command. Options are checked before anything runs. */
  async start(
    command: Command,
    options: SpawnOptions,
    input?: CommandInput,
  ): Promise<SandboxProcess> {
    const request = spawnRequest(this.#context.plan, command, options)
    keptBytes(options)
    if (options.timeoutMs !== undefined) checkedDuration('timeoutMs', options.timeoutMs)
    refuseAborted(options.signal)
    const startedMs = performance.now()
    this.#started += 1
    const id = `p${this.#started}`
    const told = new ToldDenials()
    this.#starting.set(id, told)
    try {
      const driverProcess = await this.#spawn(request)
      const crowded = async (): Promise<void> => void (await this.#makeRoom())
      const start = {
        id,
        request,
        process: driverProcess,
        options,
        startedMs,
        input,
        told,
        crowded,
      }
      const live = new LiveProcess(this.#context, start)
      this.#running.set(id, live)
      this.#names.set(live.pid, id)
      void live.gone.then(() => this.#forget(id))
      return live
    } finally {
      this.#starting.delete(id)
    }
  }

  /** Tries a second time when what ended commands left behind had filled the sandbox. */
  async #spawn(request: SpawnRequest): Promise<DriverProcess> {
    const { lifeline, session } = this.#context
    try {
      return await lifeline.during(() => session.spawn(request))
    } catch (error) {
      const isCrowded = SandboxError.is(error) && error.errno === 'EAGAIN'
      if (!isCrowded || !(await this.#makeRoom())) throw error
      return lifeline.during(() => session.spawn(request))
    }
  }

  /**
   * Ends what ended commands left behind; `false` when that is nothing, or a command that still runs may
   * be the one that fills the sandbox.
   */
  async #makeRoom(): Promise<boolean> {
    const left = [...this.#running.values()]
    if (left.length === 0 || left.some((process) => !process.exited)) return false
    await Promise.all(left.map((one) => one[Symbol.asyncDispose]()))
    return true
  }

  /** Attributes a refusal that the sandbox told of to the commands that run now. */
  tell(denial: Denial): readonly string[] {
    const ids = this.#current()
    for (const id of ids) this.tellOne(id, denial)
    return ids
  }

  /** Attributes a refusal to one command, if it still runs. */
  tellOne(id: string, denial: Denial): void {
    this.#starting.get(id)?.add(denial)
    this.#running.get(id)?.tell(denial)
  }

  /**
   * The command that is there now, if there is exactly one. Others count while anything of them still
   * runs, and shortly after: what they left behind could have acted as well, and nobody else is blamed
   * for that.
   */
  only(): string | null {
    const since = performance.now() - afterglowMs
    for (const [, goneMs] of this.#lately) if (goneMs > since) return null
    const ids = new Set([...this.#running.keys(), ...this.#starting.keys()])
    const [id = null] = ids
    return ids.size === 1 ? id : null
  }

  /** The command that was started as this process inside, whether it still runs or not. */
  idOf(pid: number): string | null {
    return this.#names.get(pid)
  }

  /** Commands that have not ended, those on their way last. */
  #current(): readonly string[] {
    const live = [...this.#running.values()].filter((process) => !process.exited)
    const running = new Set(live.map(({ id }) => id))
    const starting = [...this.#starting.keys()].filter((id) => !running.has(id))
    return [...running, ...starting]
  }

  #forget(id: string): void {
    this.#running.delete(id)
    const nowMs = performance.now()
    for (const [old, goneMs] of this.#lately) {
      if (goneMs > nowMs - afterglowMs) break
      this.#lately.delete(old)
    }
    this.#lately.set(id, nowMs)
  }

  #isAlive(id: string): boolean {
    return this.#running.has(id)
  }
}
