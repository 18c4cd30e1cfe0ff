import type {
  DriverExit,
  DriverProcess,
  DriverSession,
  LaunchContext,
  SandboxPlan,
  SessionEnd,
  Usage,
} from '@caisson/core'
import { limitsBetween } from './cgroup/counters.ts'
import type { Cgroup } from './cgroup/launch-cgroup.ts'
import { withoutDoors } from './plan/doors.ts'

/** What a session belongs to, and the driver's own way to end it. */
export interface SessionSetting {
  readonly plan: SandboxPlan
  readonly context: LaunchContext
  readonly close: () => Promise<void>
}

/** A guest's session with the limits and figures of its cgroup, in its setting. */
export function limitedSession(
  guest: DriverSession,
  cgroup: Cgroup | null,
  { plan, context, close }: SessionSetting,
): DriverSession {
  const ended = cgroup === null ? guest.ended : explainEnd(guest.ended, [cgroup, context])
  // What a sandbox that ended by itself leaves on the host is given back without being asked for.
  void ended.then(close)
  return {
    spawn: async (request) => {
      const before = cgroup?.counters()
      const started = await guest.spawn(request)
      return cgroup === null || before === undefined
        ? started
        : withLimits(started, ({ exitCode }) =>
            limitsBetween(before, cgroup.countersAfter(exitCode, before)),
          )
    },
    fs: guest.fs,
    overlays: guest.overlays,
    connect: (port) => guest.connect(port),
    listeningPorts: async () => withoutDoors(await guest.listeningPorts(), plan),
    ownerOf: (peer) => guest.ownerOf(peer),
    ended,
    usage: async () => {
      const [inside, outside] = await Promise.all([guest.usage(), cgroup?.usage()])
      return outside === undefined ? inside : mergeUsage(inside, outside)
    },
    close,
  }
}

function withLimits(
  started: DriverProcess,
  hit: (exit: DriverExit) => readonly ('memory' | 'pids')[],
): DriverProcess {
  const exited = started.exited.then((exit): DriverExit => {
    const added = hit(exit)
    return added.length === 0
      ? exit
      : { ...exit, limitsHit: [...new Set([...exit.limitsHit, ...added])] }
  })
  // The caller may never look at it.
  exited.catch(() => undefined)
  return {
    pid: started.pid,
    onOutput: (listener) => started.onOutput(listener),
    consumed: (stream, bytes) => started.consumed(stream, bytes),
    write: (chunk) => started.write(chunk),
    closeStdin: () => started.closeStdin(),
    kill: (signal, scope) => started.kill(signal, scope),
    resize: (size) => started.resize(size),
    exited,
    gone: started.gone,
  }
}

/** When memory runs out the kernel may pick init itself. */
async function explainEnd(
  ended: Promise<SessionEnd>,
  [cgroup, context]: readonly [Cgroup, LaunchContext],
): Promise<SessionEnd> {
  const end = await ended
  if (end.reason === 'closed' || cgroup.counters().memory === 0) return end
  context.onNotice({ kind: 'limit', limit: 'memory' })
  return { reason: 'killed', detail: `the memory limit was reached (${end.detail})` }
}

function mergeUsage(
  inside: Usage,
  outside: Pick<Usage, 'memoryBytes' | 'peakMemoryBytes' | 'processes'>,
): Usage {
  return {
    memoryBytes: outside.memoryBytes ?? inside.memoryBytes,
    peakMemoryBytes: outside.peakMemoryBytes ?? inside.peakMemoryBytes,
    cpuMs: inside.cpuMs,
    processes: outside.processes ?? inside.processes,
  }
}
