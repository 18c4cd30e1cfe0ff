import type { Denial } from '../denial.ts'
import type {
  DriverExit,
  DriverProcess,
  OutputStream,
  SpawnRequest,
  TerminalSize,
} from '../driver.ts'
import { SandboxError } from '../errors.ts'
import type { ExecResult, OutputChunk, ProcessReading } from '../result.ts'
import { feed, inputStream } from './command-input.ts'
import { type CommandInput, keptBytes, type RunOptions } from './command.ts'
import type { SandboxContext } from './context.ts'
import { KeptOutput } from './kept-output.ts'
import type { ReadOptions, SandboxProcess } from './process.ts'
import { makeResult } from './make-result.ts'
import { type StopCause, watchBounds } from './run-bounds.ts'
import type { ToldDenials } from './told-denials.ts'

/** How long a killed tree may take to be gone before the sandbox is not believed any more. */
const killGraceMs = 10_000
const defaultReadBytes = 1024 * 1024
/** Room for the longest UTF-8 character, so that every reading makes progress. */
const leastReadBytes = 16

/** What a process is made from. */
export interface ProcessStart {
  readonly id: string
  readonly request: SpawnRequest
  readonly process: DriverProcess
  readonly options: RunOptions
  /** When the driver was asked for it, on the clock of `performance.now`. */
  readonly startedMs: number
  /** All that the command reads; `undefined` leaves stdin to the caller. */
  readonly input?: CommandInput | undefined
  /** Refusals that were told while it was being started. */
  readonly told: ToldDenials
  /** Called when the command ended and the sandbox had no room for more processes meanwhile. */
  readonly crowded: () => Promise<void>
}

/** A running command, watched: time, output and the caller's signal can end it. */
export class LiveProcess implements SandboxProcess {
  readonly id: string
  readonly pid: number
  readonly argv: readonly string[]
  readonly stdin: WritableStream<Uint8Array | string> | null
  readonly #context: SandboxContext
  readonly #start: ProcessStart
  readonly #output: KeptOutput
  readonly #told: ToldDenials
  readonly #result: Promise<ExecResult>
  readonly #gone: Promise<void>
  readonly #unwatch: () => void
  #streams: Partial<Record<OutputStream, ReadableStream<Uint8Array>>> = {}
  #stopped: StopCause | null = null
  #inputFailure: unknown = null
  #exit: DriverExit | null = null
  #isGone = false

  constructor(context: SandboxContext, start: ProcessStart) {
    const { process, request, options, input } = start
    this.id = start.id
    this.pid = process.pid
    this.argv = request.argv
    this.#context = context
    this.#start = start
    this.#told = start.told
    this.#output = new KeptOutput(keptBytes(options), (stream, bytes) =>
      process.consumed(stream, bytes),
    )
    this.stdin = request.stdin === 'pipe' && input === undefined ? inputStream(process) : null
    const { wallTimeMs } = context.plan.limits
    const bounds = { timeoutMs: options.timeoutMs, wallTimeMs, signal: options.signal }
    this.#unwatch = watchBounds(bounds, (cause) => this.#stop(cause))
    process.onOutput((stream, chunk) => this.#receive(stream, chunk))
    this.#result = this.#finish()
    this.#gone = this.#drain()
    // Both may fail with nobody waiting: a result need not be asked for.
    this.#result.catch(() => undefined)
    if (input !== undefined) void this.#feed(input)
  }

  get exited(): boolean {
    return this.#exit !== null
  }

  /** Resolves when nothing of the command is left, or the sandbox is over. */
  get gone(): Promise<void> {
    return this.#gone
  }

  get stdout(): ReadableStream<Uint8Array> {
    return (this.#streams.stdout ??= this.#output.stream('stdout'))
  }

  get stderr(): ReadableStream<Uint8Array> {
    return (this.#streams.stderr ??= this.#output.stream('stderr'))
  }

  output(): AsyncIterableIterator<OutputChunk> {
    return this.#output.both()
  }

  wait(): Promise<ExecResult> {
    return this.#result
  }

  async kill(signal = 'SIGKILL'): Promise<void> {
    if (this.#isGone) return
    const scope = signal === 'SIGKILL' ? 'tree' : 'group'
    await this.#context.lifeline.during(() => this.#start.process.kill(signal, scope))
  }

  resize(size: TerminalSize): void {
    if (this.#start.request.terminal === null) throw new TypeError('the command has no terminal')
    this.#context.lifeline.check()
    this.#start.process.resize(size)
  }

  async read(options: ReadOptions = {}): Promise<ProcessReading> {
    const { since = 0, waitMs: patienceMs = 0, maxBytes: wanted = defaultReadBytes } = options
    const maxBytes = Math.max(leastReadBytes, wanted)
    const deadline = performance.now() + patienceMs
    for (;;) {
      const reading = this.#output.reading(since, maxBytes)
      const waitMs = deadline - performance.now()
      const isNew = reading.cursor > since || this.exited || this.#isGone
      if (isNew || waitMs <= 0)
        return { ...reading, exited: this.exited, exitCode: this.#exit?.exitCode ?? null }
      await this.#output.change(waitMs)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isGone && this.#context.lifeline.end === null) await this.#killTree()
    await this.#gone
  }

  /** Attributes a refusal that the sandbox told of while this command ran. */
  tell(denial: Denial): void {
    if (!this.exited) this.#told.add(denial)
  }

  #receive(stream: OutputStream, chunk: Uint8Array): void {
    this.#output.add(stream, chunk)
    const { outputBytes } = this.#context.plan.limits
    if (outputBytes !== null && this.#output.buffer.end > outputBytes) this.#stop('output')
  }

  #stop(cause: StopCause): void {
    if (this.#stopped !== null || this.#isGone) return
    this.#stopped = cause
    void this.#killTree()
  }

  /** Ends every descendant. A sandbox that does not let them go is ended itself. */
  async #killTree(): Promise<void> {
    const { process } = this.#start
    const late = setTimeout(() => {
      this.#context.condemn(`process ${this.id} was killed and did not end`)
    }, killGraceMs)
    try {
      await this.#context.lifeline.during(() => process.kill('SIGKILL', 'tree'))
      await this.#context.lifeline.during(() => process.gone)
    } catch (error) {
      this.#context.condemn(`process ${this.id} could not be killed: ${String(error)}`)
    } finally {
      clearTimeout(late)
    }
  }

  async #feed(input: CommandInput): Promise<void> {
    try {
      await feed(this.#start.process, input)
    } catch (error) {
      if (this.exited) return
      this.#inputFailure = error
      this.#stop('input')
    }
  }

  async #finish(): Promise<ExecResult> {
    const { process } = this.#start
    const { lifeline } = this.#context
    try {
      this.#exit = await lifeline.during(() => process.exited)
      // A result that says "killed" is true for the whole tree.
      if (this.#stopped !== null) await lifeline.during(() => process.gone)
      else if (this.#exit.limitsHit.includes('pids')) await this.#makeRoom(this.#exit)
    } finally {
      this.#unwatch()
      this.#output.wake()
    }
    if (this.#stopped === 'input') throw this.#inputFailure
    const durationMs = performance.now() - this.#start.startedMs
    return makeResult(this.#context, {
      id: this.id,
      request: this.#start.request,
      exit: this.#exit,
      stopped: this.#stopped,
      output: this.#output.buffer,
      durationMs,
      told: this.#told,
    })
  }

  /** What filled the sandbox and outlived its command would let no other one start. */
  async #makeRoom({ exitCode }: DriverExit): Promise<void> {
    // A result without a failure does not tell of the limit.
    if (exitCode === 0 && !this.#isGone)
      this.#context.events.emit({
        type: 'limit',
        time: Date.now(),
        processId: this.id,
        limit: 'pids',
      })
    if (!this.#isGone) await this.#killTree()
    await this.#start.crowded()
  }

  /** Closes the streams when nothing can write to them any more. */
  async #drain(): Promise<void> {
    const { process } = this.#start
    let failure: Error | null = null
    try {
      await this.#context.lifeline.during(async () => {
        await process.exited
        await process.gone
      })
    } catch (error) {
      failure = error instanceof Error ? error : new SandboxError('SANDBOX_ENDED', String(error))
    }
    this.#isGone = true
    this.#output.close(failure)
  }
}
