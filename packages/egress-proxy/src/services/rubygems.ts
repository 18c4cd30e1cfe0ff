import type { AllowRule } from '@caisson/core'
import { checkNames, type KnownNames } from '../known-options.ts'
import { readingRule } from './reading-rule.ts'
import { type RegistryPlace, registryPlace } from './registry-place.ts'
import { gemSources } from './registries/gem-source.ts'
import type { ToolOptions } from './registries/tool-question.ts'

/** For `services.rubygems.install`. */
export interface RubygemsInstallOptions extends ToolOptions {
  /** Addresses of sources. Default: what `gem sources` says on the host. */
  readonly sources?: readonly string[] | undefined
  /** Id of a credential for them, usually with the carrier `{ basic: … }`. Default: nobody's name. */
  readonly credential?: string | undefined
}

const what = 'RubyGems: installing gems'
/** The compact index, the older one, and the gems. */
const paths: readonly string[] = [
  '/versions',
  '/names',
  '/info/*',
  '/gems/*',
  '/quick/Marshal.4.8/*',
  '/specs.4.8.gz',
  '/latest_specs.4.8.gz',
  '/prerelease_specs.4.8.gz',
]

const known: KnownNames<RubygemsInstallOptions> = {
  sources: true,
  credential: true,
  environment: true,
}

/**
 * Installing gems with `gem` or Bundler: indexes and gems, read only.
 *
 * @example
 * ```ts
 * network: { allow: [...(await services.rubygems.install())] }
 * ```
 * @throws RegistryUnknown when `gem` is not there, or has no source
 * @throws TypeError for an address that no rule can hold; it is not repeated in the message
 */
export async function rubygemsInstallRules(
  options: RubygemsInstallOptions = {},
): Promise<readonly AllowRule[]> {
  checkNames('services.rubygems.install', options, known)
  const { credential, environment } = options
  const sources = options.sources ?? (await gemSources({ environment }))
  return sources
    .map((one) => registryPlace(one, { what: 'services.rubygems.install: `sources`' }))
    .flatMap((place) => [place, ...indexOf(place)])
    .map((place) => readingRule({ place, paths, credential, what }))
}

/**
 * A source that is a whole host of two labels is the public one, whose index RubyGems and Bundler ask at
 * `index.` of that name.
 */
function indexOf(place: RegistryPlace): readonly RegistryPlace[] {
  const isWhole = place.path === '' && place.host.split('.').length === 2
  return isWhole ? [{ ...place, host: `index.${place.host}` }] : []
}
