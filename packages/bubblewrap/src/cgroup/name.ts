/** What tells one host process from every other one that ever ran on this kernel. */
export interface HostIdentity {
  /** Inode of the pid namespace: the same number means another process in another one. */
  readonly pidNamespace: string
  readonly pid: number
  /** Field 22 of `/proc/PID/stat`, in clock ticks since boot: proc(5). */
  readonly startTime: string
}

/** What the names of all cgroups of one host process begin with. */
export function cgroupPrefix(host: HostIdentity): string {
  return `caisson-${host.pidNamespace}-${host.pid}-${host.startTime}-`
}

/** The host process that a cgroup's name tells of, or `null` when the name is none of ours. */
export function hostOfCgroup(name: string): HostIdentity | null {
  const [, pidNamespace, pid, startTime] = /^caisson-(\d+)-(\d+)-(\d+)-/.exec(name) ?? []
  if (pidNamespace === undefined || pid === undefined || startTime === undefined) return null
  return { pidNamespace, pid: Number(pid), startTime }
}

/** The start time in the text of `/proc/PID/stat`; the command name in it may hold anything. */
export function startTimeOf(stat: string): string | null {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const startTime = fields[19]
  return startTime !== undefined && /^\d+$/.test(startTime) ? startTime : null
}
