import { type Probe, type ProbeFinding, SandboxError, type SandboxPlan } from '@caisson/core'
import type { CgroupWarden } from './cgroup/launch-warden.ts'
import { launchSandbox } from './launch.ts'
import type { Machine } from './machine.ts'
import type { FilledOptions } from './options.ts'
import { type MachineProbe, probeMachine } from './probe-machine.ts'
import type { ProbeSource } from './probe-source.ts'
import { StartFailure } from './start-failure.ts'

const trialDeadlineMs = 10_000
const scratchBytes = 1024 * 1024

/** A sandbox of nothing, to see whether one starts. */
function emptyPlan(machine: Machine): SandboxPlan {
  return {
    id: 'probe',
    system: [],
    image: null,
    mounts: [],
    scratch: { tmpBytes: scratchBytes, home: '/home/sandbox', homeBytes: scratchBytes },
    environment: {},
    workingDirectory: '/',
    process: { uid: machine.uid, gid: machine.gid, hostname: 'probe', unixSockets: true },
    limits: {
      cpus: null,
      memoryBytes: 64 * scratchBytes,
      pids: 16,
      diskBytes: scratchBytes,
      openFiles: 64,
      wallTimeMs: null,
      outputBytes: null,
    },
    network: { kind: 'none' },
  }
}

/** What was found, and whether a sandbox that does nothing was started and ended. */
export interface TriedMachine extends MachineProbe {
  readonly probe: Probe
}

/** Looks, then really starts a sandbox. Never throws. */
export async function probe(
  options: FilledOptions,
  source: ProbeSource,
  signal?: AbortSignal,
): Promise<TriedMachine> {
  const found = await probeMachine(options, source)
  const failure = found.machine === null ? null : await tryOut(found.machine, source, signal)
  const findings = failure === null ? found.findings : [...found.findings, failure]
  const machine = failure === null ? found.machine : null
  const told: Probe = { available: machine !== null, findings, facts: found.facts }
  return { ...found, machine, findings, probe: told }
}

async function tryOut(
  machine: Machine,
  source: ProbeSource,
  signal: AbortSignal | undefined,
): Promise<ProbeFinding | null> {
  // No cgroup: that one can be made was seen already, and a trial is too small to need one.
  const warden: CgroupWarden | null = null
  try {
    const session = await launchSandbox(
      emptyPlan(machine),
      { signal, allowWeaker: [], egress: null, onNotice: () => undefined },
      { machine, warden, facts: source, startTimeoutMs: trialDeadlineMs },
    )
    await session.close()
    return null
  } catch (error) {
    return trialFinding(error)
  }
}

function trialFinding(error: unknown): ProbeFinding {
  const cause = SandboxError.is(error) ? error.cause : undefined
  if (cause instanceof StartFailure) return cause.finding
  return {
    code: 'start-failed',
    severity: 'blocking',
    message: error instanceof Error ? error.message : String(error),
    remedy: 'bwrap --unshare-all --ro-bind / / --proc /proc --dev /dev true',
  }
}
