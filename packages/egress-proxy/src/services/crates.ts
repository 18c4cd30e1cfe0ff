import type { AllowRule } from '@caisson/core'
import { checkNames, type KnownNames } from '../known-options.ts'
import { readingRule } from './reading-rule.ts'
import { registryPlace } from './registry-place.ts'
import { type CargoRegistry, cargoRegistry } from './registries/cargo-source.ts'
import { RegistryUnknown } from './registries/registry-unknown.ts'
import type { ToolOptions } from './registries/tool-question.ts'

/** For `services.crates.fetch`. */
export interface CratesFetchOptions extends ToolOptions {
  /** Address of the sparse index, without `sparse+`. Default: what Cargo is configured for on the host. */
  readonly index?: string | undefined
  /** Address of the archives: `dl` in the index's `config.json`. Default: what Cargo has seen of it. */
  readonly downloads?: string | undefined
  /** Id of a credential for both, with the carrier `{ header: "authorization" }`. Default: nobody's name. */
  readonly credential?: string | undefined
}

const what = 'Cargo: fetching crates'
/** Cargo book, "Registry index", "Index files". */
const indexPaths: readonly string[] = ['/config.json', '/1/*', '/2/*', '/3/*/*', '/*/*/*']
/** Cargo book, "Registry index", `dl`: what is replaced, and how many segments it has at most. */
const markers: ReadonlyMap<string, number> = new Map([
  ['{crate}', 1],
  ['{version}', 1],
  ['{prefix}', 2],
  ['{lowerprefix}', 2],
  ['{sha256-checksum}', 1],
])

const known: KnownNames<CratesFetchOptions> = {
  index: true,
  downloads: true,
  credential: true,
  environment: true,
}

/**
 * Fetching crates with Cargo: the sparse index, and the archives. Read only: nothing is published or searched.
 *
 * @example
 * ```ts
 * network: { allow: [...(await services.crates.fetch())] }
 * ```
 * @throws RegistryUnknown when Cargo is not there, or has not fetched anything yet, so that it does not know
 * where the archives lie
 * @throws TypeError for an address that no rule can hold; it is not repeated in the message
 */
export async function cratesFetchRules(
  options: CratesFetchOptions = {},
): Promise<readonly AllowRule[]> {
  checkNames('services.crates.fetch', options, known)
  const { index, downloads, credential } = options
  const found = await registryOf(options)
  const archives = downloads ?? found.downloads
  if (archives === null) {
    throw new RegistryUnknown(
      'crates',
      "Where the archives of crates lie stands in the `config.json` of the index, which Cargo has not fetched here. Name it: services.crates.fetch({ index: 'https://…', downloads: 'https://…' }).",
    )
  }
  const place = registryPlace((index ?? found.index).replace(/^sparse\+/, ''), {
    what: 'services.crates.fetch: `index`',
  })
  return [
    readingRule({ place, paths: indexPaths, credential, what }),
    ...archiveRules(archives, credential),
  ]
}

function registryOf(options: CratesFetchOptions): Promise<CargoRegistry> {
  const { index, downloads, environment } = options
  if (index === undefined) return cargoRegistry({ environment })
  return Promise.resolve({ index, downloads: downloads ?? null })
}

function archiveRules(address: string, credential: string | undefined): readonly AllowRule[] {
  const at = address.indexOf('{')
  const cut = at === -1 ? address.length : address.lastIndexOf('/', at)
  const place = registryPlace(address.slice(0, cut), { what: 'services.crates.fetch: `downloads`' })
  const tail = address.slice(cut)
  const paths = at === -1 ? ['/*/*/download'] : templatesOf(tail)
  return [readingRule({ place, paths, credential, what: `${what}, archives` })]
}

/** A segment with a marker in it is any segment, and as many of them as it may become. */
function templatesOf(tail: string): readonly string[] {
  let templates = ['']
  for (const segment of tail.split('/').slice(1)) {
    const found = [...markers].filter(([marker]) => segment.includes(marker))
    const most = Math.max(0, ...found.map(([, count]) => count))
    const choices = most === 0 ? [segment] : most === 1 ? ['*'] : ['*', '*/*']
    templates = templates.flatMap((head) => choices.map((one) => `${head}/${one}`))
  }
  return templates.slice(0, 64)
}
