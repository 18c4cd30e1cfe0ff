import type { DriverProcess } from '@caisson/core'
import type { ScriptedAnswer } from './breaks.ts'

/** A command that never ran, and what a driver that lies says about it. */
export function scriptedProcess({
  exitCode,
  stdout = '',
  stderr = '',
}: ScriptedAnswer): DriverProcess {
  let told: () => void = () => undefined
  const listening = new Promise<void>((resolve) => {
    told = resolve
  })
  return {
    pid: 4242,
    onOutput: (listener) => {
      if (stdout !== '') listener('stdout', Buffer.from(stdout))
      if (stderr !== '') listener('stderr', Buffer.from(stderr))
      told()
    },
    consumed: () => undefined,
    write: async () => undefined,
    closeStdin: () => undefined,
    kill: async () => undefined,
    resize: () => undefined,
    exited: listening.then(() => ({
      exitCode,
      signal: null,
      cpuMs: 0,
      peakMemoryBytes: 0,
      limitsHit: [],
    })),
    gone: listening,
  }
}
