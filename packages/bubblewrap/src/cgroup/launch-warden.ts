import { type ChildProcess, spawn } from 'node:child_process'
import { readdir, rmdir } from 'node:fs/promises'
import { cgroupPrefix, type HostIdentity, hostOfCgroup } from './name.ts'
import { type CgroupPlace } from './place.ts'
import { startTimeOfProcess } from './probe-cgroup.ts'

/**
 * Sees to it that no cgroup outlives the host process. The kernel ends the processes of a sandbox when
 * the host process dies, by SIGKILL too, but nothing in it removes a cgroup: that takes a process.
 */
export interface CgroupWarden {
  /** A name that no other cgroup has. Counts as held until {@link CgroupWarden.release}. */
  hold(): string
  /** One cgroup fewer; resolves when nothing of the warden runs any more, if it was the last. */
  release(): Promise<void>
}

/** A sandbox that lives shorter than this is left to the sweep of the next launch. */
const watchAfterMs = 250

/**
 * Waits for the end of its input, which is the death of the host process, then removes every cgroup
 * with the host's prefix: `$1`, below the folders that follow.
 */
const script = `read -r _; prefix=$1; shift; tries=0
while [ $tries -lt 100 ]; do
  left=
  for parent; do
    for folder in "$parent/$prefix"*; do
      if [ -d "$folder" ]; then rmdir "$folder" 2>/dev/null || left=1; fi
    done
  done
  [ -z "$left" ] && exit 0
  tries=$((tries + 1)); sleep 0.1
done`

/** A warden for the cgroups of one driver; it starts its one process only when a sandbox stays. */
export function launchWarden(place: CgroupPlace, host: HostIdentity): CgroupWarden {
  const prefix = cgroupPrefix(host)
  const parents = parentsOf(place)
  let held = 0
  let made = 0
  let timer: NodeJS.Timeout | undefined
  let watcher: ChildProcess | undefined
  const owner = Math.random().toString(36).slice(2, 8)
  const sweep = sweepCgroups(parents, host)
  return {
    hold() {
      held++
      timer ??= setTimeout(() => {
        watcher ??= watch(prefix, parents)
      }, watchAfterMs).unref()
      return `${prefix}${owner}-${made++}`
    },
    async release() {
      held--
      await sweep
      if (held > 0) return
      clearTimeout(timer)
      timer = undefined
      const ending = watcher
      watcher = undefined
      // Not by closing its input: it would take the cgroup of a sandbox that just starts.
      if (ending !== undefined) await end(ending)
    },
  }
}

function watch(prefix: string, parents: readonly string[]): ChildProcess {
  const child = spawn('/bin/sh', ['-c', script, 'caisson-warden', prefix, ...parents], {
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    // A Ctrl-C at the host's terminal must not end it before the host.
    detached: true,
  })
  // Without a shell, what a killed host leaves is removed by the next launch.
  child.on('error', () => undefined)
  child.stdin?.on('error', () => undefined)
  child.unref()
  const input = child.stdin
  if (input !== null && 'unref' in input && typeof input.unref === 'function') input.unref()
  return child
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.ref()
  child.kill('SIGKILL')
  await ended
}

/** Removes cgroups of host processes that are gone. A cgroup with processes in it cannot be removed. */
async function sweepCgroups(parents: readonly string[], host: HostIdentity): Promise<void> {
  for (const parent of parents) {
    const names = await readdir(parent).catch((): string[] => [])
    const stale = names.filter((name) => isStale(name, host))
    await Promise.allSettled(stale.map((name) => rmdir(`${parent}/${name}`)))
  }
}

function isStale(name: string, host: HostIdentity): boolean {
  const owner = hostOfCgroup(name)
  if (owner === null || owner.pidNamespace !== host.pidNamespace) return false
  return startTimeOfProcess(owner.pid) !== owner.startTime
}

/** The folders that cgroups are made in. */
export function parentsOf(place: CgroupPlace): readonly string[] {
  return [...new Set([place.memory, place.pids, place.cpu].filter((path) => path !== undefined))]
}
