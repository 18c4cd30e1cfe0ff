import type { Probe, SandboxDriver } from '@caisson/core'
import type { Behaviour } from './behaviour.ts'
import { behaviours } from './behaviours/index.ts'
import { isDriverRequired } from './probe-required.ts'
import { createRunner, type RunOptions, type Runner } from './run-behaviour.ts'

/** What mocha allows for cleaning up, beyond the behaviour's own time. */
const cleaningMs = 20_000
const defaultTimeoutMs = 20_000

/**
 * Declares a mocha suite that holds a driver to every promise. On a machine where the driver cannot
 * run, every test is skipped with the probe's reason, or fails when `CAISSON_REQUIRE` names the driver.
 *
 * @param name - Heading of the suite, and the name looked up in `CAISSON_REQUIRE`.
 * @param createDriver - Called once, before the first test.
 */
export function describeDriver(
  name: string,
  createDriver: () => SandboxDriver,
  options: RunOptions = {},
): void {
  describe(`${name} keeps the promises of a driver`, () => {
    let runner: Runner | undefined
    before('probe the driver', async function () {
      const driver = createDriver()
      const probe = await driver.probe()
      if (probe.available) runner = createRunner(driver, options)
      else decline(this, name, probe)
    })
    for (const [area, members] of byArea(behaviours.filter(options.filter ?? (() => true)))) {
      describe(area, () => {
        for (const behaviour of members) declare(behaviour, () => runner)
      })
    }
  })
}

function declare(behaviour: Behaviour, current: () => Runner | undefined): void {
  it(behaviour.title, async function () {
    this.timeout((behaviour.timeoutMs ?? defaultTimeoutMs) + cleaningMs)
    const verdict = await current()?.run(behaviour)
    if (verdict?.status === 'kept') return
    if (verdict?.status === 'broken') throw verdict.error
    showReason(this, verdict?.reason ?? 'the driver is not available')
    this.skip()
  })
}

function decline(context: Mocha.Context, name: string, probe: Probe): void {
  const reasons = probe.findings
    .filter(({ severity }) => severity === 'blocking')
    .map(({ message, remedy }) => `${message} (${remedy})`)
  const reason = reasons.join('; ') || 'the probe gave no reason'
  if (isDriverRequired(name))
    throw new Error(`CAISSON_REQUIRE names ${name}, which cannot run: ${reason}`)
  context.test?.parent?.suites.forEach((suite) => {
    suite.title += ` (skipped: ${reason})`
  })
  context.skip()
}

/** Mocha has no place for a reason but the title. */
function showReason(context: Mocha.Context, reason: string): void {
  if (context.test !== undefined) context.test.title += ` (skipped: ${reason})`
}

function byArea(all: readonly Behaviour[]): Map<string, Behaviour[]> {
  const areas = new Map<string, Behaviour[]>()
  for (const behaviour of all)
    areas.set(behaviour.area, [...(areas.get(behaviour.area) ?? []), behaviour])
  return areas
}
