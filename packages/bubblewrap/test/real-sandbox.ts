import { readdirSync, readFileSync } from 'node:fs'
import { createSandbox, type Policy, type Sandbox } from '@caisson/core'
import { bubblewrap } from '../dist/index.js'

/** One driver for a test file: it looks at the machine once. */
export const driver = bubblewrap()

/** Skips, with the reason, where the driver cannot run; set `CAISSON_REQUIRE` to fail instead. */
export async function requireDriver(context: Mocha.Context): Promise<void> {
  const { available, findings } = await driver.probe()
  if (available) return
  const reason = findings.map((finding) => finding.message).join('; ')
  if (process.env['CAISSON_REQUIRE']?.includes('bubblewrap') === true) throw new Error(reason)
  // Mocha has no place for a reason but the title.
  if (context.test?.parent !== undefined) context.test.parent.title += ` (skipped: ${reason})`
  context.skip()
}

/** A sandbox of this driver. */
export function sandboxWith(policy: Policy): Promise<Sandbox> {
  return createSandbox({ driver, policy })
}

/** A process of the host. */
export interface HostProcess {
  readonly pid: number
  readonly parent: number
  readonly name: string
}

/** Processes that descend from this one. */
export function descendants(): HostProcess[] {
  const all = processes()
  const below = (of: number): HostProcess[] =>
    all.filter(({ parent }) => parent === of).flatMap((one) => [one, ...below(one.pid)])
  return below(process.pid)
}

/** Names of the programs that descend from this one. */
export function descendantNames(): string[] {
  return descendants().map(({ name }) => name)
}

function processes(): HostProcess[] {
  const names = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return names.flatMap((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const end = stat.lastIndexOf(')')
      const parent = Number(stat.slice(end + 2).split(' ')[1])
      return [{ pid: Number(pid), parent, name: stat.slice(stat.indexOf('(') + 1, end) }]
    } catch {
      // It ended while we looked.
      return []
    }
  })
}
