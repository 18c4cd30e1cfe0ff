import type { ClauseEnforcement, EnforcedBy, EnforcementReport, SandboxPlan } from '@caisson/core'
import type { LimitPlacement } from './plan/limit-placement.ts'

/** Who enforces each clause of a plan on this machine. Pure. */
export function enforcementReport(plan: SandboxPlan, placement: LimitPlacement): EnforcementReport {
  return {
    clauses: [
      systemClause(plan),
      clause('filesystem.mounts', 'kernel', 'mount namespace'),
      ...denyClause(plan),
      ...protectClause(plan),
      clause('filesystem.tmpMiB', 'kernel', 'size of the tmpfs'),
      networkClause(plan),
      clause('environment', 'kernel', 'nothing of the host process is inherited'),
      clause('process.user', 'kernel', 'user namespace, no capabilities'),
      clause('process.hostname', 'kernel', 'UTS namespace'),
      clause('process.unixSockets', 'kernel', socketDetail(plan)),
      ...limitClauses(plan, placement),
    ],
  }
}

function systemClause(plan: SandboxPlan): ClauseEnforcement {
  return plan.image === null
    ? clause('filesystem.system', 'kernel', 'read-only binds in a mount namespace')
    : clause('filesystem.system', 'none', 'this driver has no images')
}

function networkClause({ network }: SandboxPlan): ClauseEnforcement {
  const loopback = 'network namespace with loopback alone'
  return network.kind === 'none'
    ? clause('network', 'kernel', loopback)
    : clause('network', 'proxy', `${loopback}; listening sockets handed to the egress proxy`)
}

function socketDetail(plan: SandboxPlan): string {
  return plan.process.unixSockets ? 'no socket of the host is visible' : 'seccomp'
}

const atStart = 'kernel for what exists at start; creation afterwards is reported'

function denyClause(plan: SandboxPlan): ClauseEnforcement[] {
  const isUsed = plan.mounts.some((mount) => mount.deny.length > 0)
  return isUsed ? [clause('filesystem.deny', 'launch', atStart)] : []
}

function protectClause(plan: SandboxPlan): ClauseEnforcement[] {
  const guarded = plan.mounts.filter((mount) => mount.protect.length > 0)
  if (guarded.length === 0) return []
  const isWritten = guarded.some((mount) => mount.access === 'write')
  return [
    isWritten
      ? clause('filesystem.protect', 'launch', atStart)
      : clause(
          'filesystem.protect',
          'kernel',
          'the host is untouched; commit skips what is protected',
        ),
  ]
}

function limitClauses(plan: SandboxPlan, placement: LimitPlacement): ClauseEnforcement[] {
  const { cpus, wallTimeMs, outputBytes } = plan.limits
  const hasOverlay = plan.mounts.some((mount) => mount.access === 'overlay')
  const clauses = [
    clause('resources.memoryMiB', 'kernel', memoryDetail[placement.memory]),
    clause(
      'resources.pids',
      placement.pids === 'none' ? 'none' : 'kernel',
      pidsDetail[placement.pids],
    ),
    clause('resources.openFiles', 'kernel', 'rlimit, per process'),
  ]
  if (cpus !== null)
    clauses.push(
      clause(
        'resources.cpus',
        placement.cpus === 'none' ? 'none' : 'kernel',
        cpusDetail[placement.cpus],
      ),
    )
  if (hasOverlay) clauses.push(clause('resources.diskMiB', 'kernel', 'size of the upper layer'))
  const byLibrary = 'the library ends the whole process tree'
  if (wallTimeMs !== null) clauses.push(clause('resources.wallTimeMs', 'kernel', byLibrary))
  if (outputBytes !== null) clauses.push(clause('resources.outputBytes', 'kernel', byLibrary))
  return clauses
}

const memoryDetail: Readonly<Record<LimitPlacement['memory'], string>> = {
  'cgroup v1': 'cgroup v1',
  'cgroup v2': 'cgroup v2',
  rlimit: 'rlimit, per process; private memory only, not shared mappings or files in memory',
}

const pidsDetail: Readonly<Record<LimitPlacement['pids'], string>> = {
  'cgroup v1': 'cgroup v1',
  'cgroup v2': 'cgroup v2',
  rlimit: 'rlimit of the user namespace',
  none: 'no writable cgroup, and rlimits do not bind root: set process.user',
}

const cpusDetail: Readonly<Record<LimitPlacement['cpus'], string>> = {
  'cgroup v1': 'cgroup v1',
  'cgroup v2': 'cgroup v2',
  none: 'no writable cgroup',
}

function clause(name: string, by: EnforcedBy, detail: string): ClauseEnforcement {
  return { clause: name, by, detail }
}
