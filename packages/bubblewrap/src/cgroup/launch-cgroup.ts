import { closeSync, openSync, readSync } from 'node:fs'
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { PlannedLimits } from '@caisson/core'
import { counterIn, type LimitCounters } from './counters.ts'
import type { CgroupPlace } from './place.ts'
import { cgroupFolders, type CgroupSetting, cgroupSettings } from './settings.ts'

/** Figures that a cgroup keeps; `null` where it has no such file. */
export interface CgroupUsage {
  readonly memoryBytes: number | null
  readonly peakMemoryBytes: number | null
  readonly processes: number | null
}

/** The cgroup of one sandbox. */
export interface Cgroup {
  /**
   * Open `tasks` files, one for each hierarchy of version 1: whoever writes 0 to each moves itself, at
   * once. Moving another process takes the kernel some milliseconds, and is all that version 2 has.
   */
  readonly doors: readonly number[]
  /** Closes {@link Cgroup.doors}. */
  closeDoors(): void
  /** Moves a process there; what it starts afterwards is born there. */
  join(pid: number): Promise<void>
  counters(): LimitCounters
  /** The same with what is known already for memory: a command that succeeded did not run out of it. */
  countersAfter(exitCode: number | null, before: LimitCounters): LimitCounters
  usage(): Promise<CgroupUsage>
  /** Ends what is left inside and removes it. Rejects when it cannot be removed. */
  remove(): Promise<void>
}

const removalAttempts = 100
const longestRemovalPauseMs = 20

/** Makes a cgroup with its limits set, or nothing at all. */
export async function launchCgroup(
  place: CgroupPlace,
  name: string,
  limits: PlannedLimits,
): Promise<Cgroup> {
  const folders = cgroupFolders(place, name, limits)
  try {
    await Promise.all(folders.map((folder) => mkdir(folder)))
    const settings = cgroupSettings(place, name, limits)
    // The order counts within one controller, whose files begin with its name.
    const controllers = ['memory', 'pids', 'cpu'].map((controller) =>
      writeSettings(settings.filter(({ file }) => file.startsWith(`${controller}.`))),
    )
    await Promise.all(controllers)
  } catch (error) {
    await Promise.allSettled(folders.map((folder) => rmdir(folder)))
    throw error
  }
  return openCgroup(place, name, folders)
}

async function writeSettings(settings: readonly CgroupSetting[]): Promise<void> {
  for (const { folder, file, value, isOptional } of settings) {
    const written = writeFile(`${folder}/${file}`, value, { flag: 'r+' })
    // Without the file there is no swap accounting, and so nothing that it could bound.
    await (isOptional ? written.catch(ignoreMissing) : written)
  }
}

function openCgroup(place: CgroupPlace, name: string, folders: readonly string[]): Cgroup {
  const isV2 = place.version === 'v2'
  const file = (parent: string | undefined, leaf: string): string | null =>
    parent === undefined ? null : `${parent}/${name}/${leaf}`
  const memoryEvents = openCounter(
    file(place.memory, isV2 ? 'memory.events' : 'memory.oom_control'),
  )
  const pidsEvents = openCounter(file(place.pids, 'pids.events'))
  const now = file(place.memory, isV2 ? 'memory.current' : 'memory.usage_in_bytes')
  const peak = file(place.memory, isV2 ? 'memory.peak' : 'memory.max_usage_in_bytes')
  const doors = isV2 ? [] : folders.map((folder) => openSync(`${folder}/tasks`, 'r+'))
  const closeDoors = (): void => {
    for (const door of doors.splice(0)) closeSync(door)
  }
  return {
    doors,
    closeDoors,
    async join(pid) {
      await Promise.all(
        folders.map((folder) => writeFile(`${folder}/cgroup.procs`, String(pid), { flag: 'r+' })),
      )
    },
    counters: () => ({ memory: memoryEvents.read('oom_kill'), pids: pidsEvents.read('max') }),
    countersAfter: (exitCode, before) => ({
      memory: exitCode === 0 ? before.memory : memoryEvents.read('oom_kill'),
      pids: pidsEvents.read('max'),
    }),
    async usage() {
      const [memoryBytes, peakMemoryBytes, processes] = await Promise.all(
        [now, peak, file(place.pids, 'pids.current')].map(readNumber),
      )
      return {
        memoryBytes: memoryBytes ?? null,
        peakMemoryBytes: peakMemoryBytes ?? null,
        processes: processes ?? null,
      }
    },
    async remove() {
      closeDoors()
      memoryEvents.close()
      pidsEvents.close()
      await Promise.all(folders.map(removeFolder))
    },
  }
}

/** A counter that is read before and after every command: kept open, because opening costs more. */
function openCounter(path: string | null): { read(word: string): number; close(): void } {
  let descriptor = path === null ? null : openSync(path, 'r')
  const buffer = Buffer.alloc(4096)
  return {
    read(word) {
      if (descriptor === null) return 0
      const length = readSync(descriptor, buffer, 0, buffer.length, 0)
      return counterIn(buffer.toString('latin1', 0, length), word)
    },
    close() {
      if (descriptor !== null) closeSync(descriptor)
      descriptor = null
    },
  }
}

async function readNumber(path: string | null): Promise<number | null> {
  if (path === null) return null
  // A kernel without the file has no such figure.
  const text = await readFile(path, 'utf8').catch(() => '')
  return /^\d+\s*$/.test(text) ? Number(text) : null
}

/** Ended processes leave their cgroup a moment after they were waited for, so this tries again. */
async function removeFolder(folder: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await rmdir(folder)
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return
      if (attempt === removalAttempts || !hasCode(error, 'EBUSY')) throw error
    }
    await endProcesses(folder)
    await delay(Math.min(attempt, longestRemovalPauseMs))
  }
}

async function endProcesses(folder: string): Promise<void> {
  const text = await readFile(`${folder}/cgroup.procs`, 'utf8')
  for (const line of text.split('\n').filter((one) => /^[1-9]\d*$/.test(one))) {
    try {
      process.kill(Number(line), 'SIGKILL')
    } catch (error) {
      if (!hasCode(error, 'ESRCH')) throw error
    }
  }
}

function ignoreMissing(error: unknown): void {
  if (!hasCode(error, 'ENOENT')) throw error
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
