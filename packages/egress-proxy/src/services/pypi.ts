import type { AllowRule } from '@caisson/core'
import { checkNames, type KnownNames } from '../known-options.ts'
import { readingRule } from './reading-rule.ts'
import { type RegistryPlace, registryPlace } from './registry-place.ts'
import { type PipIndexes, pipIndexes } from './registries/pip-source.ts'
import type { ToolOptions } from './registries/tool-question.ts'

/** For `services.pypi.install`. */
export interface PypiInstallOptions extends ToolOptions {
  /** Address of the index, `https://host/simple`. Default: what `pip config` says on the host. */
  readonly index?: string | undefined
  /**
   * Addresses below which the files lie that the index leads to. Default: those of pip's own index when that is the
   * one; of any other, whatever lies beside its pages on the same host, as with the usual mirrors.
   */
  readonly files?: readonly string[] | undefined
  /** Id of a credential for index and files, usually with the carrier `{ basic: … }`. Default: nobody's name. */
  readonly credential?: string | undefined
}

const what = 'PyPI: installing packages'

const names: KnownNames<PypiInstallOptions> = {
  index: true,
  files: true,
  credential: true,
  environment: true,
}

/**
 * Installing packages with pip or uv: the pages of an index (PEP 503, PEP 691) and the files that they
 * lead to, with their metadata (PEP 658). Read only: nothing is published or searched.
 *
 * Indexes come from the host's own configuration. Where their files lie stands only in their pages, so that
 * an index that keeps them on another host needs `files`.
 *
 * @example
 * ```ts
 * network: { allow: [...(await services.pypi.install())] }
 * ```
 * @throws RegistryUnknown when pip is not there, or does not say
 * @throws TypeError for an address that no rule can hold; it is not repeated in the message
 */
export async function pypiInstallRules(
  options: PypiInstallOptions = {},
): Promise<readonly AllowRule[]> {
  checkNames('services.pypi.install', options, names)
  const { index, files, credential, environment } = options
  const known: PipIndexes =
    index === undefined
      ? await pipIndexes({ environment })
      : { indexes: [index], files: files ?? [] }
  const about = 'services.pypi.install: the index'
  const places = known.indexes.map((one) => registryPlace(one, { what: about }))
  const apart = filePlaces(files ?? known.files)
  const pages = places.map((place) =>
    readingRule({ place, paths: ['/*/', '/*'], credential, what }),
  )
  // The first index of a default configuration has its files where pip says; any other has them near.
  const near = files === undefined ? places.slice(known.files.length) : []
  return [
    ...pages,
    ...apart.map((place) => readingRule({ place, paths: ['/**'], credential, what })),
    ...near.map((place) => readingRule({ ...beside(place), credential, what })),
  ]
}

function filePlaces(files: readonly string[]): readonly RegistryPlace[] {
  return files.map((one) => registryPlace(one, { what: 'services.pypi.install: `files`' }))
}

/** What lies beside the pages of an index: `/api/pypi/team/simple` has its files below `/api/pypi/team`. */
function beside(place: RegistryPlace): {
  readonly place: RegistryPlace
  readonly paths: readonly string[]
} {
  const parent = place.path.slice(0, Math.max(0, place.path.lastIndexOf('/')))
  if (parent === '') return { place: { ...place, path: '' }, paths: ['/packages/**'] }
  return { place: { ...place, path: parent }, paths: ['/**'] }
}
