import type { PlannedMount, SandboxPlan } from '@caisson/core'
import type { SetupOperation } from '@caisson/guest'
import { doorChannel } from './descriptors.ts'
import { doorsOf } from './doors.ts'
import type { LimitPlacement } from './limit-placement.ts'
import { stagedPath, stagingPath } from './places.ts'

/** `RLIMIT_DATA`, `RLIMIT_CORE` and `RLIMIT_NPROC` of getrlimit(2). */
const rlimit = { data: 2, core: 4, processes: 6 } as const

/**
 * What init does before it serves, in order: mounts first, while it may; then everything that it
 * could mount from is hidden and what must not change is made read-only; then it gives its rights up.
 */
export function setupOperations(
  plan: SandboxPlan,
  placement: LimitPlacement,
  seccomp: Uint8Array,
): SetupOperation[] {
  return [
    ...plan.mounts.map((mount, index) => mountOperation(mount, index, plan.limits.diskBytes)),
    { kind: 'hide', path: stagingPath },
    // Root of the host keeps its power over /proc/sys through its kernel id alone.
    { kind: 'read-only', path: '/proc/sys' },
    { kind: 'proc-check' },
    // Unbounded memory otherwise; the devices and /dev/shm are mounts of their own.
    { kind: 'read-only', path: '/dev' },
    { kind: 'scratch', path: '/tmp' },
    { kind: 'scratch', path: plan.scratch.home },
    { kind: 'read-only', path: '/' },
    // While init may bind ports below 1024, and before it speaks to anybody but the host.
    ...doors(plan),
    { kind: 'rlimit', resource: rlimit.core, value: 0 },
    ...fallbackLimits(plan, placement),
    { kind: 'identity', uid: plan.process.uid, gid: plan.process.gid },
    { kind: 'seccomp', program: seccomp },
    { kind: 'lock' },
  ]
}

function doors(plan: SandboxPlan): SetupOperation[] {
  const channel = doorChannel(plan)
  return channel === null ? [] : [{ kind: 'doors', channel, doors: doorsOf(plan) }]
}

function mountOperation(mount: PlannedMount, index: number, diskBytes: number): SetupOperation {
  return {
    kind: 'mount',
    index,
    access: mount.access,
    fileKind: mount.kind,
    staged: stagedPath(index),
    target: mount.target,
    upperBytes: mount.access === 'overlay' ? diskBytes : 0,
    deny: mount.deny,
    protect: mount.protect,
  }
}

/** `RLIMIT_DATA` counts writable private memory, not the address space that V8, Go and Java reserve. */
function fallbackLimits(plan: SandboxPlan, placement: LimitPlacement): SetupOperation[] {
  const limits: SetupOperation[] = []
  if (placement.memory === 'rlimit')
    limits.push({ kind: 'rlimit', resource: rlimit.data, value: plan.limits.memoryBytes })
  if (placement.pids === 'rlimit')
    limits.push({ kind: 'rlimit', resource: rlimit.processes, value: plan.limits.pids })
  return limits
}
