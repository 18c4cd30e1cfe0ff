import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { createSandbox, Policy, Sandbox, SandboxDriver } from '@caisson/core'
import type { EgressOptions } from '@caisson/egress-proxy'
import type { ConformanceContext, DriverModule, SandboxWishes } from './behaviour.ts'
import { createHostListeners } from './host-listen.ts'
import { createHostProbe } from './host-probe.ts'
import { createHostProcesses } from './host-process-launch.ts'

/** What is under test. */
export interface Subject {
  readonly driver: SandboxDriver
  readonly elsewhere: DriverModule | null
  readonly egress: EgressOptions
  readonly createSandbox: typeof createSandbox
}

/** A context, and what undoes everything that was made through it. */
export interface OpenContext {
  readonly context: ConformanceContext
  /** Rejects with what could not be undone, after trying everything. */
  readonly close: () => Promise<void>
}

type Cleanup = () => Promise<unknown> | void

/** Makes a fresh folder and a context for one behaviour. */
export async function openContext(subject: Subject): Promise<OpenContext> {
  const { driver, elsewhere, egress } = subject
  const workDir = await realpath(await mkdtemp(join(tmpdir(), 'caisson-conformance-')))
  const cleanups: Cleanup[] = [() => rm(workDir, { recursive: true, force: true })]
  const defer = (cleanup: Cleanup): void => {
    cleanups.push(cleanup)
  }
  const context: ConformanceContext = {
    driver,
    workDir,
    elsewhere,
    egress,
    createSandbox: (policy, wishes) => track({ subject, defer, policy, wishes }),
    folder: async (name) => {
      const path = join(workDir, name)
      await mkdir(path)
      return path
    },
    defer,
    host: createHostProbe(),
    hostProcesses: createHostProcesses(defer),
    hostListeners: createHostListeners(defer),
  }
  return { context, close: () => undo(cleanups) }
}

interface Tracking {
  readonly subject: Subject
  readonly policy: Policy
  readonly wishes: SandboxWishes | undefined
  readonly defer: (cleanup: Cleanup) => void
}

async function track({ subject, policy, wishes, defer }: Tracking): Promise<Sandbox> {
  const sandbox = await subject.createSandbox({ driver: subject.driver, policy, ...wishes })
  defer(() => sandbox.destroy())
  return sandbox
}

async function undo(cleanups: readonly Cleanup[]): Promise<void> {
  const failures: unknown[] = []
  for (const cleanup of cleanups.toReversed()) {
    try {
      await cleanup()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'a behaviour could not be cleaned up')
}
