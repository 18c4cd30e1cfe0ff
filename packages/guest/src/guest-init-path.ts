import { SandboxError } from '@caisson/core'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const architectures: ReadonlySet<string> = new Set(['x64', 'arm64'])

/**
 * The path of the static `init` of this package, for an architecture as `process.arch` names it.
 *
 * @param arch Default: the host's. An architecture without an `init`, or one that was not built, is `DRIVER_UNAVAILABLE`.
 */
export function guestInitPath(arch: string = process.arch): string {
  const path = fileURLToPath(new URL(`../bin/linux-${arch}/caisson-init`, import.meta.url))
  if (architectures.has(arch) && existsSync(path)) return path
  throw new SandboxError('DRIVER_UNAVAILABLE', `there is no init for the architecture '${arch}'`, {
    hint: architectures.has(arch)
      ? 'build it: make -C packages/guest/init'
      : `init exists for ${[...architectures].join(' and ')}`,
  })
}
