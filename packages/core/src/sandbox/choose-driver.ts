import type { Capabilities, Isolation, Probe, SandboxDriver } from '../driver.ts'
import { SandboxError } from '../errors.ts'
import { refuseUnknown } from './check-options.ts'

/** What a driver has to be. */
export interface DriverRequirement {
  /** At least this strong, in the order `process`, `kernel`, `vm`. */
  readonly isolation?: Isolation | undefined
  /** What it has to be able to do: `['overlay', 'pty']`. */
  readonly capabilities?: readonly (keyof Capabilities)[] | undefined
}

const strength: Readonly<Record<Isolation, number>> = { process: 0, kernel: 1, vm: 2 }

/**
 * Refuses a requirement that cannot be judged. A strength that is none compares with nothing, so an
 * unchecked one would let every driver pass.
 */
function checkRequirement(required: DriverRequirement): void {
  refuseUnknown('require', required, ['isolation', 'capabilities'])
  const { isolation, capabilities } = required
  if (isolation !== undefined && !Object.hasOwn(strength, isolation))
    throw new TypeError(
      `require.isolation is one of ${Object.keys(strength).join(', ')}, not ${JSON.stringify(isolation)}`,
    )
  if (capabilities !== undefined && !Array.isArray(capabilities))
    throw new TypeError('require.capabilities is a list of names')
}

function checkDriver(driver: SandboxDriver): void {
  if (typeof driver === 'function')
    throw new TypeError('a driver is what its factory returns: call it, as in bubblewrap()')
  if (typeof driver !== 'object' || driver === null || typeof driver.launch !== 'function')
    throw new TypeError('createSandbox was given something that is no driver')
  if (!Object.hasOwn(strength, driver.isolation))
    throw new TypeError(`driver ${driver.name} has an unknown isolation`)
}

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
    `no driver can run this sandbox here:\n  ${lines.join('\n  ')}`,
    { hint: 'nothing was started' },
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
  if (!Array.isArray(drivers) || drivers.length === 0)
    throw new TypeError('createSandbox needs a driver: pass `driver`, or `drivers` in your order')
  checkRequirement(required)
  drivers.forEach(checkDriver)
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
