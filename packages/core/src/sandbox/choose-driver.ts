import type { Capabilities, Isolation, Probe, SandboxDriver } from '../driver.ts'
import { SandboxError } from '../errors.ts'

/** What a driver has to be. */
export interface DriverRequirement {
  /** At least this strong, in the order `process`, `kernel`, `vm`. */
  readonly isolation?: Isolation | undefined
  /** What it has to be able to do: `['overlay', 'pty']`. */
  readonly capabilities?: readonly (keyof Capabilities)[] | undefined
}

const strength: Readonly<Record<Isolation, number>> = { process: 0, kernel: 1, vm: 2 }

/** What a driver lacks, in words; empty when nothing. */
function lacks(driver: SandboxDriver, required: DriverRequirement): string[] {
  const { isolation, capabilities = [] } = required
  const isWeaker = isolation !== undefined && strength[driver.isolation] < strength[isolation]
  return [
    ...(isWeaker ? [`its isolation is "${driver.isolation}", and "${isolation}" is required`] : []),
    ...capabilities
      .filter((name) => !driver.capabilities[name])
      .map((name) => `it has no capability "${name}"`),
  ]
}

function findingsOf(probe: Probe): string[] {
  const blocking = probe.findings.filter((finding) => finding.severity === 'blocking')
  if (blocking.length === 0) return ['it is not available here and does not say why']
  return blocking.map(({ message, remedy }) => `${message} (remedy: ${remedy})`)
}

/** Asks a driver, whose promise not to throw is not relied on. */
async function probeOf(driver: SandboxDriver, signal: AbortSignal): Promise<Probe> {
  try {
    return await driver.probe({ signal })
  } catch (error) {
    const message = `its probe failed: ${error instanceof Error ? error.message : String(error)}`
    const finding = {
      code: 'probe-failed',
      severity: 'blocking',
      message,
      remedy: 'report it',
    } as const
    return { available: false, findings: [finding], facts: {} }
  }
}

function refusal(passedOver: ReadonlyMap<string, readonly string[]>): SandboxError {
  const lines = [...passedOver].map(([name, reasons]) => `${name}: ${reasons.join('; ')}`)
  return new SandboxError(
    'DRIVER_UNAVAILABLE',
    `no driver can run this sandbox here\n  ${lines.join('\n  ')}\n`,
    { hint: 'nothing was started; follow a remedy, or require less' },
  )
}

/**
 * The first driver that meets the requirement and can run here. Otherwise `DRIVER_UNAVAILABLE`, which
 * names every driver, why it was passed over, and the remedies. Never a weaker one.
 */
export async function chooseDriver(
  drivers: readonly SandboxDriver[],
  required: DriverRequirement,
  signal: AbortSignal,
): Promise<SandboxDriver> {
  if (drivers.length === 0) throw new TypeError('createSandbox needs a driver')
  const passedOver = new Map<string, readonly string[]>()
  for (const driver of drivers) {
    const missing = lacks(driver, required)
    if (missing.length > 0) {
      passedOver.set(driver.name, missing)
      continue
    }
    const probe = await probeOf(driver, signal)
    signal.throwIfAborted()
    if (probe.available) return driver
    passedOver.set(driver.name, findingsOf(probe))
  }
  throw refusal(passedOver)
}
