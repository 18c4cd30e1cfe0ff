import type { TerminalSize } from '../driver.ts'
import type { ExecResult, OutputChunk, ProcessReading } from '../result.ts'

/** Options of {@link SandboxProcess.read}. */
export interface ReadOptions {
  /** Where the last reading stopped (its `cursor`). Default 0: from the start. */
  readonly since?: number | undefined
  /** How long to wait for something new when there is nothing yet, in milliseconds. Default 0. */
  readonly waitMs?: number | undefined
  /** Most bytes to return. Default 1 MiB, at least 16. */
  readonly maxBytes?: number | undefined
}

/**
 * A command that was started with `spawn`. Its output can be had in three ways. `stdout`, `stderr`
 * and `output()` are exact and slow the command down to the reader's pace; each of the two streams
 * has one such reader. `read()` polls what is kept. `wait()` tells the kept rest at the end. Output
 * that nobody reads is let through, so that it never blocks the command, and kept up to
 * `maxOutputBytes` of each stream.
 */
export interface SandboxProcess extends AsyncDisposable {
  /** Names the process in this sandbox. */
  readonly id: string
  /** The process inside, as the sandbox numbers it. */
  readonly pid: number
  readonly argv: readonly string[]
  /** Whether the command itself has ended; processes that it left behind may still run. */
  readonly exited: boolean
  /** What the command reads, or `null` unless it was started with `stdin: 'pipe'`. Strings are UTF-8. */
  readonly stdin: WritableStream<Uint8Array | string> | null
  /**
   * What the command writes, from its start. Asking for it makes the caller its reader: unread, it
   * stops the command after a bounded amount. It errors with `LIMIT` when bytes were already dropped,
   * with `SANDBOX_ENDED` when the sandbox ends, and closes when every process that could write is gone.
   */
  readonly stdout: ReadableStream<Uint8Array>
  /** See `stdout`. Closes empty when stderr was merged, and with a terminal. */
  readonly stderr: ReadableStream<Uint8Array>
  /** Both streams, in the order in which they were written, for one reader. See `stdout`. */
  output(): AsyncIterableIterator<OutputChunk>
  /** How the command ended. Rejects with `SANDBOX_ENDED` when the sandbox ends first. */
  wait(): Promise<ExecResult>
  /**
   * `SIGKILL`, the default, ends the command and all its descendants. Any other signal is sent to the
   * command's process group, as Ctrl-C would. Nothing happens when all of them are gone.
   */
  kill(signal?: string): Promise<void>
  /** Tells the terminal its new size. `TypeError` without a terminal. */
  resize(size: TerminalSize): void
  /** What was written since a cursor, for callers that poll. */
  read(options?: ReadOptions): Promise<ProcessReading>
  /** Ends the command and all its descendants, and waits until they are gone. */
  [Symbol.asyncDispose](): Promise<void>
}

/** What runs in a sandbox. */
export interface SandboxProcesses {
  /** Processes started through this sandbox that still run, or that left something behind that does. */
  list(): SandboxProcess[]
  /** One of them by its `id`. */
  get(id: string): SandboxProcess | undefined
}
