import type { Denial } from './denial.ts'

/** A bound of the policy that ended a command, or made it fail. */
export type ResultLimit = 'memory' | 'pids' | 'time' | 'output' | 'disk'

/** How many bytes of each stream were not kept. */
export interface DroppedBytes {
  readonly stdout: number
  readonly stderr: number
}

/** How a command ended. A non-zero exit code, a time-out and an abort are results, not errors. */
export interface ExecResult {
  /** Exit code, or `null` when a signal ended the command. */
  readonly exitCode: number | null
  /** The signal that ended the command (`SIGKILL` …), or `null`. */
  readonly signal: string | null
  /**
   * What was written to stdout, as UTF-8 with U+FFFD for what is not. When more was written than is
   * kept, the beginning and the end are here, with a line between them that says how much is missing.
   */
  readonly stdout: string
  /** The same for stderr. Empty when stderr was merged, or with a terminal. */
  readonly stderr: string
  /** Both, in the order in which they were written. */
  readonly output: string
  /** Whether some output was not kept; `droppedBytes` says how much. */
  readonly truncated: boolean
  readonly droppedBytes: DroppedBytes
  /** The command ran out of time, its own (`timeoutMs`) or the policy's, and its whole tree was killed. */
  readonly timedOut: boolean
  /** The caller's signal was aborted while the command ran, and its whole tree was killed. */
  readonly aborted: boolean
  /**
   * The bound of the policy behind a failure: `time` and `output` ended the command; `memory`, `pids`
   * and `disk` were hit while it ran, and are told only when it failed. `null` otherwise.
   */
  readonly limit: ResultLimit | null
  /** From the start of the command to its end, in milliseconds. */
  readonly durationMs: number
  /** Processor time of the command and of those descendants that it waited for, in milliseconds. */
  readonly cpuMs: number
  /** Largest resident size of one of its processes, in bytes. */
  readonly peakMemoryBytes: number
  /**
   * What the policy refused meanwhile, each act once, at most 64 of each source. Tells of host files: for
   * the caller, not for the sandbox.
   */
  readonly denials: readonly Denial[]
}

/** What {@link SandboxProcess.read} returns. */
export interface ProcessReading {
  /** Pass it as `since` to go on from here. Counts bytes of output since the start. */
  readonly cursor: number
  /** What was written since, both streams in order, as UTF-8 with U+FFFD for what is not. */
  readonly output: string
  /** Bytes that were written since, but are not kept any more. */
  readonly dropped: number
  /** Whether the command has ended. More output can follow from processes that it left behind. */
  readonly exited: boolean
  /** Its exit code; `null` while it runs, and when a signal ended it. */
  readonly exitCode: number | null
}

/** A piece of output. */
export interface OutputChunk {
  readonly stream: 'stdout' | 'stderr'
  readonly chunk: Uint8Array
}
