import type { PlannedLimits } from '@caisson/core'
import type { CgroupPlace } from './place.ts'

/** One value to write into a control file. */
export interface CgroupSetting {
  readonly folder: string
  readonly file: string
  readonly value: string
  /** Whether the file is missing on some kernels (swap accounting off). */
  readonly isOptional: boolean
}

const periodMicroseconds = 100_000
/** The kernel takes no smaller share: cpu.max, cpu.cfs_quota_us. */
const smallestQuotaMicroseconds = 1000

/** Folders that a cgroup of this name has: none for a controller that bounds nothing. */
export function cgroupFolders(place: CgroupPlace, name: string, limits: PlannedLimits): string[] {
  const wanted = [place.memory, place.pids, limits.cpus === null ? undefined : place.cpu]
  const parents = wanted.filter((path) => path !== undefined)
  return [...new Set(parents)].map((path) => `${path}/${name}`)
}

/** What to write, in order, to hold a sandbox to its limits. Swap is no way around the memory bound. */
export function cgroupSettings(
  place: CgroupPlace,
  name: string,
  limits: PlannedLimits,
): CgroupSetting[] {
  const isV2 = place.version === 'v2'
  const settings: CgroupSetting[] = []
  const set = (parent: string | undefined, file: string, value: string | number): void => {
    const isOptional = file.includes('swap') || file.includes('memsw')
    if (parent !== undefined)
      settings.push({ folder: `${parent}/${name}`, file, value: String(value), isOptional })
  }
  set(place.memory, isV2 ? 'memory.max' : 'memory.limit_in_bytes', limits.memoryBytes)
  if (isV2) set(place.memory, 'memory.swap.max', 0)
  else set(place.memory, 'memory.memsw.limit_in_bytes', limits.memoryBytes)
  set(place.pids, 'pids.max', limits.pids)
  if (limits.cpus === null) return settings
  const quota = Math.max(smallestQuotaMicroseconds, Math.round(limits.cpus * periodMicroseconds))
  if (isV2) set(place.cpu, 'cpu.max', `${quota} ${periodMicroseconds}`)
  else {
    set(place.cpu, 'cpu.cfs_period_us', periodMicroseconds)
    set(place.cpu, 'cpu.cfs_quota_us', quota)
  }
  return settings
}
