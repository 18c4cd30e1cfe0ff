import { accessSync, constants, readFileSync, readlinkSync } from 'node:fs'
import { type HostIdentity, startTimeOf } from './name.ts'
import type { CgroupView } from './place.ts'

/** The cgroup files of this host. */
export const hostCgroupView: CgroupView = {
  read: readText,
  isWritable: (path) => {
    try {
      accessSync(path, constants.W_OK)
      return true
    } catch {
      // Missing, read-only or another user's: either way no place for a cgroup.
      return false
    }
  },
}

/** Which host process this is. */
export function probeIdentity(): HostIdentity {
  const [, pidNamespace = '0'] = /\[(\d+)\]/.exec(readLink('/proc/self/ns/pid')) ?? []
  return { pidNamespace, pid: process.pid, startTime: startTimeOfProcess(process.pid) ?? '0' }
}

/** When a process started, or `null` when there is none of that number. */
export function startTimeOfProcess(pid: number): string | null {
  return startTimeOf(readText(`/proc/${pid}/stat`) ?? '')
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Missing or not for this user: the caller asks what can be read.
    return null
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    // No /proc: the number only keeps names apart.
    return ''
  }
}
