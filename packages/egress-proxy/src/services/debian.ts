import type { AllowRule } from '@caisson/core'
import { checkNames, type KnownNames } from '../known-options.ts'
import { readingRule } from './reading-rule.ts'
import { registryPlace } from './registry-place.ts'
import { type AptArchive, aptArchives } from './registries/apt-source.ts'
import type { ToolOptions } from './registries/tool-question.ts'

/** For `services.debian.install`. */
export interface DebianInstallOptions extends ToolOptions {
  /** Addresses of archives, `https://host/debian`. Default: apt's sources on the host. */
  readonly archives?: readonly string[] | undefined
}

const known: KnownNames<DebianInstallOptions> = {
  archives: true,
  environment: true,
}

/**
 * Installing packages with apt, of Debian and what descends from it: lists of packages (`dists`) and the
 * packages (`pool`), read only. Addresses with `http:` will do, as most archives have no other and apt
 * proves what it fetches by signatures.
 *
 * @example
 * ```ts
 * network: { allow: [...(await services.debian.install())] }
 * ```
 * @throws RegistryUnknown when apt is not there, or has no source
 * @throws TypeError for an address that no rule can hold; it is not repeated in the message
 */
export async function debianInstallRules(
  options: DebianInstallOptions = {},
): Promise<readonly AllowRule[]> {
  checkNames('services.debian.install', options, known)
  const archives: readonly AptArchive[] =
    options.archives?.map((address) => ({ address, flat: false })) ?? (await aptArchives(options))
  return archives.map(({ address, flat }) => {
    const what = { what: 'services.debian.install: `archives`', plain: true }
    return readingRule({
      place: registryPlace(address, what),
      paths: flat ? ['/**'] : ['/dists/**', '/pool/**'],
      credential: undefined,
      what: 'Debian: installing packages',
    })
  })
}
