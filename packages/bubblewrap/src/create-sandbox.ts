import { createSandbox as create, type Sandbox, type SandboxOptions } from '@caisson/core'
import { egressGateway, type EgressOptions } from '@caisson/egress-proxy'
import { bubblewrap } from './bubblewrap.ts'
import type { BubblewrapOptions } from './options.ts'

/** What `createSandbox` of this package takes: everything but the driver, and the driver's own options. */
export interface BubblewrapSandboxOptions extends SandboxOptions {
  /** How the driver finds what it needs. */
  readonly bubblewrap?: BubblewrapOptions | undefined
  /** How the way out is, beside the policy: whom it trusts, where names lead, who is asked. */
  readonly egress?: EgressOptions | undefined
}

const known = {
  policy: true,
  egress: true,
  bubblewrap: true,
  require: true,
  labels: true,
  allowWeaker: true,
  gateway: true,
  audit: true,
  signal: true,
  timeoutMs: true,
} satisfies Record<keyof BubblewrapSandboxOptions, true>

/** Most letters of an unknown name that an error repeats. */
const maxToldLetters = 64

/**
 * `createSandbox` of core with this driver. For many sandboxes make one `bubblewrap()` and pass it to
 * core's `createSandbox`: it looks at the machine once.
 *
 * @throws SandboxError as core's `createSandbox` does.
 * @throws TypeError for an option that is none; `driver` is one of core's.
 */
export async function createSandbox(options: BubblewrapSandboxOptions): Promise<Sandbox> {
  if (typeof options !== 'object' || options === null)
    throw new TypeError('createSandbox takes an object with a policy')
  if ('driver' in options || 'drivers' in options)
    throw new TypeError(
      'this createSandbox always takes bubblewrap; for another driver import it from @caisson/core',
    )
  const stranger = Object.keys(options).find((name) => !Object.hasOwn(known, name))
  if (stranger !== undefined)
    throw new TypeError(
      `createSandbox: unknown option ${JSON.stringify(stranger.slice(0, maxToldLetters))}; known are ${Object.keys(known).join(', ')}`,
    )
  const { bubblewrap: driverOptions, egress, gateway, ...rest } = options
  if (egress !== undefined && gateway !== undefined)
    throw new TypeError('createSandbox takes `egress` or `gateway`, not both')
  const driver = bubblewrap(driverOptions)
  return create({ ...rest, driver, gateway: gateway ?? egressGateway(egress) })
}
