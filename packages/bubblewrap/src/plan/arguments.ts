import type { PlannedMount, SandboxPlan, SystemEntry } from '@caisson/core'
import { doorChannel } from './descriptors.ts'
import { initPath, stagedPath } from './places.ts'

/** A host file or folder as bwrap is to take it: by an open descriptor, or by its path. */
export type BindSource = { readonly descriptor: number } | { readonly path: string }

/** Which descriptors bwrap inherits, as it counts them. */
export interface Wiring {
  /** bwrap writes the process id of init there, as JSON. */
  readonly status: number
  readonly init: BindSource
  /** One for each `file` entry of the system view, in order. */
  readonly files: readonly number[]
  /** One for each mount of the plan, in order. */
  readonly mounts: readonly BindSource[]
}

/**
 * Namespaces of their own for users, processes, network, IPC, host name and cgroups. `--uid 0` and all
 * capabilities are those of the new user namespace only, and init gives them up before it serves.
 */
const isolation: readonly string[] = [
  '--unshare-user',
  '--unshare-pid',
  '--unshare-net',
  '--unshare-ipc',
  '--unshare-uts',
  '--unshare-cgroup',
  '--as-pid-1',
  '--die-with-parent',
  '--new-session',
  '--uid',
  '0',
  '--gid',
  '0',
  '--cap-add',
  'ALL',
]

/**
 * The options of bwrap for a plan, to be passed through `--args`, so that nothing of the policy shows
 * on a command line. Pure. What needs more than a bind (targets, `deny`, `protect`, overlays) is left
 * to init: see `setupOperations`.
 */
export function bwrapOptions(plan: SandboxPlan, wiring: Wiring): string[] {
  const { tmpBytes, home, homeBytes } = plan.scratch
  return [
    ...isolation,
    '--hostname',
    plan.process.hostname,
    '--json-status-fd',
    String(wiring.status),
    // Folders that bwrap makes on the way to a mount point would be closed to other users.
    ...['/etc', '/home'].flatMap((path) => ['--perms', '0755', '--dir', path]),
    ...systemView(plan.system, wiring.files),
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    ...scratch('/dev/shm', tmpBytes, '1777'),
    ...scratch('/tmp', tmpBytes, '1777'),
    ...scratch(home, homeBytes, '0700'),
    ...bind('ro-bind', wiring.init, initPath),
    ...plan.mounts.flatMap((mount, index) => stagedBind(mount, index, wiring)),
    ...channelVariables(plan),
    '--chdir',
    '/',
  ]
}

/** Node.js tells a child about its IPC channel in these; init is told in its set-up. */
function channelVariables(plan: SandboxPlan): string[] {
  const names = doorChannel(plan) === null ? [] : ['FD', 'SERIALIZATION_MODE']
  return names.flatMap((name) => ['--unsetenv', `NODE_CHANNEL_${name}`])
}

function systemView(entries: readonly SystemEntry[], files: readonly number[]): string[] {
  const descriptors = files.values()
  return entries.flatMap((entry) => {
    switch (entry.kind) {
      case 'bind':
        return ['--ro-bind', entry.path, entry.path]
      case 'link':
        return ['--symlink', entry.to, entry.path]
      case 'file':
        return ['--perms', '0644', '--file', String(descriptors.next().value), entry.path]
    }
  })
}

/** A private folder in memory that cannot outgrow its bound. */
function scratch(path: string, bytes: number, mode: string): string[] {
  return ['--perms', mode, '--size', String(bytes), '--tmpfs', path]
}

/** An overlay's lower layer is staged read-only as well: nothing writes to it but a commit, from outside. */
function stagedBind(mount: PlannedMount, index: number, wiring: Wiring): string[] {
  const source = wiring.mounts[index] ?? { path: mount.source }
  return bind(mount.access === 'write' ? 'bind' : 'ro-bind', source, stagedPath(index))
}

function bind(option: 'bind' | 'ro-bind', source: BindSource, target: string): string[] {
  return 'path' in source
    ? [`--${option}`, source.path, target]
    : [`--${option}-fd`, String(source.descriptor), target]
}
