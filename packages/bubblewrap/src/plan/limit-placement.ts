import type { CgroupPlace } from '../cgroup/place.ts'

/** What holds each limit of a sandbox on this machine. */
export interface LimitPlacement {
  readonly memory: 'cgroup v1' | 'cgroup v2' | 'rlimit'
  readonly pids: 'cgroup v1' | 'cgroup v2' | 'rlimit' | 'none'
  readonly cpus: 'cgroup v1' | 'cgroup v2' | 'none'
}

/** The first kernel that counts `RLIMIT_NPROC` for each user namespace apart: getrlimit(2), Linux 5.14. */
const processLimitPerNamespace = [5, 14] as const

/**
 * A cgroup where there is one, else rlimits. `RLIMIT_NPROC` binds nobody whose real user on the host
 * is root (getrlimit(2)), so that case has no bound on processes.
 */
export function placeLimits(
  place: CgroupPlace | null,
  host: { readonly kernelUid: number; readonly kernel: readonly [number, number] },
): LimitPlacement {
  const countable = host.kernelUid !== 0 && !isOlder(host.kernel, processLimitPerNamespace)
  const held = <T extends string>(folder: string | undefined, otherwise: T) =>
    place === null || folder === undefined ? otherwise : (`cgroup ${place.version}` as const)
  return {
    memory: held(place?.memory, 'rlimit'),
    pids: held(place?.pids, countable ? 'rlimit' : 'none'),
    cpus: held(place?.cpu, 'none'),
  }
}

/** Whether a kernel version comes before another. */
export function isOlder(
  kernel: readonly [number, number],
  than: readonly [number, number],
): boolean {
  return kernel[0] < than[0] || (kernel[0] === than[0] && kernel[1] < than[1])
}
