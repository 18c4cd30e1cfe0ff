import type { Denial } from '../denial.ts'
import type { DriverExit, SpawnRequest } from '../driver.ts'
import type { ExecResult, ResultLimit } from '../result.ts'
import { hostPathExists } from '../denials/host-existence-probe.ts'
import { inferDenials } from '../denials/infer-denials.ts'
import type { SandboxContext } from './context.ts'
import type { OutputBuffer } from './output-buffer.ts'
import { orderedText, streamText } from './output-text.ts'
import type { StopCause } from './run-bounds.ts'
import type { ToldDenials } from './told-denials.ts'

/** Everything known about a command that ended. */
export interface RunFacts {
  readonly id: string
  readonly request: SpawnRequest
  readonly exit: DriverExit
  readonly stopped: StopCause | null
  readonly output: OutputBuffer
  readonly durationMs: number
  /** Refusals that the sandbox told of while it ran. */
  readonly told: ToldDenials
}

function limitOf(exit: DriverExit, stopped: StopCause | null): ResultLimit | null {
  if (stopped === 'time' || stopped === 'output') return stopped
  // A command that succeeded did not suffer from a limit, whoever hit it meanwhile. One that was late may have.
  const isTold = stopped === null ? exit.exitCode !== 0 : stopped === 'timeout'
  if (!isTold) return null
  const order = ['memory', 'disk', 'pids'] as const
  return order.find((limit) => exit.limitsHit.includes(limit)) ?? null
}

/** Tells of a command's end, and of what the policy refused it, as events too. */
export async function makeResult(context: SandboxContext, facts: RunFacts): Promise<ExecResult> {
  const { exit, output, stopped, request } = facts
  const { exitCode, signal, cpuMs, peakMemoryBytes } = exit
  const droppedBytes = output.dropped
  const stdout = streamText(output.runs(), 'stdout', droppedBytes.stdout)
  const stderr = streamText(output.runs(), 'stderr', droppedBytes.stderr)
  const evidence = { stdout, stderr, exitCode, cwd: request.workingDirectory }
  const isSilent = stdout === '' && stderr === ''
  const inferred = isSilent
    ? []
    : await inferDenials(context.plan, {
        ...evidence,
        hostExists: hostPathExists,
        told: facts.told.list,
      })
  const result: ExecResult = {
    exitCode,
    signal,
    stdout,
    stderr,
    output: orderedText(output.runs(), 0, output.end),
    truncated: droppedBytes.stdout + droppedBytes.stderr > 0,
    droppedBytes,
    timedOut: stopped === 'timeout' || stopped === 'time',
    aborted: stopped === 'abort',
    limit: limitOf(exit, stopped),
    durationMs: facts.durationMs,
    cpuMs,
    peakMemoryBytes,
    denials: [...facts.told.list, ...inferred],
  }
  announce(context, facts.id, { result, inferred })
  return result
}

/** Denials that were told by the sandbox itself had their event when they happened. */
function announce(
  { events }: SandboxContext,
  processId: string,
  { result, inferred }: { result: ExecResult; inferred: readonly Denial[] },
): void {
  const time = Date.now()
  for (const denial of inferred) events.emit({ type: 'denial', time, processId, denial })
  const { limit, exitCode, signal, durationMs } = result
  if (limit !== null) events.emit({ type: 'limit', time, processId, limit })
  events.emit({ type: 'exit', time, processId, exitCode, signal, durationMs })
}
