import {
  type DriverSession,
  type EgressSession,
  type LaunchContext,
  SandboxError,
  type SandboxPlan,
} from '@caisson/core'
import { connectGuest, type GuestSession } from '@caisson/guest'
import { acceptGaps } from './accept-gaps.ts'
import { type Cgroup, launchCgroup } from './cgroup/launch-cgroup.ts'
import type { CgroupWarden } from './cgroup/launch-warden.ts'
import { endProcess, Undo } from './cleanup.ts'
import { diagnose, type DiagnosisFacts } from './diagnosis.ts'
import { launchBwrap, type RunningBwrap } from './launch-bwrap.ts'
import { limitedSession } from './limited-session.ts'
import type { Machine } from './machine.ts'
import { doorsOf } from './plan/doors.ts'
import { placeLimits } from './plan/limit-placement.ts'
import { setupOperations } from './plan/operations.ts'
import { seccompProgram } from './seccomp/program.ts'
import { StartFailure } from './start-failure.ts'

/** What a launch needs beside the plan. */
export interface Ground {
  readonly machine: Machine
  /** Keeps cgroups from outliving the host process; `null` where none can be made. */
  readonly warden: CgroupWarden | null
  readonly facts: DiagnosisFacts
  readonly startTimeoutMs: number
}

/**
 * Starts a sandbox and resolves when init has set it up. When anything fails everything is undone
 * first.
 *
 * @throws SandboxError `LAUNCH_FAILED`, `TIMEOUT`, `ABORTED`, `PROTOCOL`, or `POLICY_UNSUPPORTED` for
 * a file that a rule names and that could not be covered.
 */
export async function launchSandbox(
  plan: SandboxPlan,
  context: LaunchContext,
  ground: Ground,
): Promise<DriverSession> {
  const undo = new Undo()
  try {
    refuseAborted(context.signal)
    return await start(plan, context, { ...ground, undo })
  } catch (error) {
    await undo.run()
    throw error
  }
}

type Work = Ground & { readonly undo: Undo }

async function start(
  plan: SandboxPlan,
  context: LaunchContext,
  work: Work,
): Promise<DriverSession> {
  const { undo, machine } = work
  const egress = wayOut(plan, context)
  const cgroup = await makeCgroup(plan, work)
  refuseAborted(context.signal)
  const isBornInside = cgroup === null || cgroup.doors.length > 0
  const running = enter(cgroup, (doors) => launchBwrap(machine, plan, doors))
  undo.add(async () => {
    running.link.destroy()
    running.doors?.close()
    await endProcess(running.child, running.exited)
  })
  const [guest] = await told(running, work, () => {
    // Set-up goes on while the kernel moves init, which takes it some milliseconds: commands come
    // from the session, which waits for both.
    const ready = Promise.all([
      setUp(running, { plan, context, work }).then((connected) => {
        undo.add(() => connected.close())
        return connected
      }),
      isBornInside ? undefined : running.initPid.then((pid) => cgroup?.join(pid)),
    ])
    return running.doors === null ? ready : Promise.race([ready, running.doors.broken])
  })
  acceptGaps(guest.gaps, context)
  if (egress !== null) await running.doors?.hand(egress)
  return limitedSession(guest, cgroup, { plan, context, close: () => closeAll(undo, context) })
}

/** Doors that nobody serves would leave programs inside waiting for good. */
function wayOut(plan: SandboxPlan, context: LaunchContext): EgressSession | null {
  if (doorsOf(plan).length === 0 || context.egress !== null) return context.egress
  throw new SandboxError(
    'LAUNCH_FAILED',
    'bubblewrap: the plan has doors, but nothing serves them',
    {
      driver: 'bubblewrap',
    },
  )
}

/** Starts a process that inherits the doors of its cgroup, and closes them here. */
function enter<T>(cgroup: Cgroup | null, launch: (doors: readonly number[]) => T): T {
  try {
    return launch(cgroup?.doors ?? [])
  } finally {
    cgroup?.closeDoors()
  }
}

async function makeCgroup(plan: SandboxPlan, work: Work): Promise<Cgroup | null> {
  const { warden, machine, undo } = work
  if (warden === null || machine.cgroup === null) return null
  const name = warden.hold()
  undo.add(() => warden.release())
  const cgroup = await launchCgroup(machine.cgroup, name, plan.limits)
  undo.add(() => cgroup.remove())
  return cgroup
}

interface SetUp {
  readonly plan: SandboxPlan
  readonly context: LaunchContext
  readonly work: Work
}

function setUp(running: RunningBwrap, { plan, context, work }: SetUp): Promise<GuestSession> {
  const { machine, startTimeoutMs } = work
  const kernelUid = machine.uid === 0 ? plan.process.uid : machine.uid
  const placement = placeLimits(machine.cgroup, { kernelUid, kernel: machine.kernel })
  const program = seccompProgram(machine.architecture, plan.process.unixSockets)
  return connectGuest(running.link, {
    operations: setupOperations(plan, placement, program),
    openFiles: plan.limits.openFiles,
    sentinel: true,
    signal: context.signal,
    timeoutMs: startTimeoutMs,
    onNotice: (notice) => context.onNotice(notice),
  })
}

/** Puts what bwrap or init said into the error when a step fails. */
async function told<T>(running: RunningBwrap, work: Work, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    if (SandboxError.is(error) && error.code !== 'LAUNCH_FAILED') throw error
    running.link.destroy()
    await endProcess(running.child, running.exited)
    const said = running.complaint().trim() || messageOf(error)
    const finding = diagnose(said, work.facts)
    throw new SandboxError('LAUNCH_FAILED', `bubblewrap: ${finding.message}`, {
      driver: 'bubblewrap',
      hint: finding.remedy,
      cause: new StartFailure(finding, error),
    })
  }
}

/** Never rejects: what could not be given back is told, and the sweep of a later launch tries again. */
async function closeAll(undo: Undo, context: LaunchContext): Promise<void> {
  for (const failure of await undo.run())
    context.onNotice({ kind: 'log', message: `cleaning up failed: ${messageOf(failure)}` })
}

function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true)
    throw new SandboxError('ABORTED', 'bubblewrap: starting the sandbox was aborted', {
      driver: 'bubblewrap',
      cause: signal.reason,
    })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
