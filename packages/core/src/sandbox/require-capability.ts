import type { Capabilities } from '../driver.ts'
import { SandboxError } from '../errors.ts'

/** Who is asked, and for what. */
export interface CapabilityNeed {
  readonly driver: string
  readonly capabilities: Capabilities
  readonly name: keyof Capabilities
  /** What the caller wanted, in the words of the caller. */
  readonly wanted: string
}

/** Refuses what a driver does not claim to do, before it is asked to: it would do it in part, or not at all. */
export function requireCapability({ driver, capabilities, name, wanted }: CapabilityNeed): void {
  if (capabilities[name]) return
  throw new SandboxError('POLICY_UNSUPPORTED', `${driver} has no ${wanted} (capability ${name})`, {
    driver,
    hint: 'take a driver whose capabilities include it, or do without',
  })
}
