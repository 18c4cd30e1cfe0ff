import type { CgroupPlace } from './cgroup/place.ts'
import type { Architecture } from './seccomp/program.ts'

/** What the driver found on this machine and starts sandboxes with. */
export interface Machine {
  readonly bwrapPath: string
  readonly bwrapVersion: string
  /** Whether bwrap binds open descriptors (`--bind-fd`), which leaves no time to swap a path. */
  readonly bindsDescriptors: boolean
  readonly initPath: string
  readonly architecture: Architecture
  readonly kernel: readonly [number, number]
  readonly uid: number
  readonly gid: number
  readonly cgroup: CgroupPlace | null
}
