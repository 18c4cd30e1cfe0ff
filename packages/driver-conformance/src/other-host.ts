/**
 * A program of its own: another process that hosts a sandbox, so that a behaviour can watch it die
 * or look at what it leaves in its folder for temporary files. Its one argument is an `OtherHostJob`.
 */
import { createSandbox, type SandboxDriver } from '@caisson/core'
import type { DriverModule } from './behaviour.ts'
import { daemonScript, shell } from './inside.ts'

/** What the other process is to do. */
export interface OtherHostJob {
  readonly driver: DriverModule
  /** `abandon`: start a daemon and wait to be killed; `tidy`: use a sandbox, destroy it, and exit. */
  readonly act: 'abandon' | 'tidy'
  /** A folder to mount for writing. */
  readonly project: string
  readonly marker: string
  readonly beatPath: string
}

/** What a driver's module exports, by name. */
type DriverFactories = Readonly<Record<string, ((options: unknown) => SandboxDriver) | undefined>>

async function driverOf({ module, factory, options }: DriverModule): Promise<SandboxDriver> {
  const exported: DriverFactories = await import(module)
  const make = exported[factory]
  if (typeof make !== 'function') throw new TypeError(`${module} exports no function ${factory}`)
  return make(options)
}

async function main(job: OtherHostJob): Promise<void> {
  const driver = await driverOf(job.driver)
  const sandbox = await createSandbox({
    driver,
    policy: { filesystem: { mounts: [{ source: job.project, access: 'write' }] } },
  })
  await shell(sandbox, daemonScript, { args: [job.marker, job.beatPath] })
  if (job.act === 'tidy') await sandbox.destroy()
  console.log('ready')
  if (job.act === 'abandon') setInterval(() => undefined, 60_000)
}

const job: OtherHostJob = JSON.parse(process.argv[2] ?? 'null')
await main(job)
