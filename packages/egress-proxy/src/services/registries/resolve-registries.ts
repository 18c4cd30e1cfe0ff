import type { RegistryHosts, RegistryKind } from '../../auditor/registry-kind.ts'
import { isHostName } from '../host-name.ts'
import { aptArchives } from './apt-source.ts'
import { cargoRegistry } from './cargo-source.ts'
import { gemSources } from './gem-source.ts'
import { goProxies } from './go-source.ts'
import { npmRegistries } from './npm-source.ts'
import { pipIndexes } from './pip-source.ts'
import type { ToolOptions } from './tool-question.ts'

/** For {@link resolveRegistries}. */
export interface ResolveRegistriesOptions extends ToolOptions {
  /** Called for each tool that is not there or does not say, with the reason; no secret is in it. */
  onUnknown?(kind: RegistryKind, error: Error): void
}

type Addresses = Readonly<Partial<Record<RegistryKind, readonly string[]>>>
type Finder = readonly [kind: RegistryKind, find: (options: ToolOptions) => Promise<Addresses>]

const finders: readonly Finder[] = [
  [
    'npm-registry',
    async (options) => {
      const { registry, scoped } = await npmRegistries(options)
      return { 'npm-registry': [registry, ...scoped.values()] }
    },
  ],
  [
    'pypi-index',
    async (options) => {
      const { indexes, files } = await pipIndexes(options)
      return { 'pypi-index': [...indexes, ...files] }
    },
  ],
  [
    'crates',
    async (options) => {
      const { index, downloads } = await cargoRegistry(options)
      const archives = downloads === null ? [] : [downloads.split('{', 1)[0] ?? '']
      return { crates: [index, ...archives] }
    },
  ],
  [
    'go-module-proxy',
    async (options) => {
      const { proxies, sumdb } = await goProxies(options)
      return { 'go-module-proxy': proxies, 'go-sumdb': sumdb === null ? [] : [sumdb.address] }
    },
  ],
  ['rubygems', async (options) => ({ rubygems: await gemSources(options) })],
  [
    'debian',
    async (options) => ({ debian: (await aptArchives(options)).map(({ address }) => address) }),
  ],
]

/**
 * The hosts of package registries, by kind, as the tools on this host are configured: what `auditPolicy` needs to
 * know them by another name than their usual one. The tools are asked (`npm config`, `pip config`, `cargo config`,
 * `go env`, `gem sources`, `apt-get indextargets`), each for ten seconds at most, and none fetches anything. A
 * kind whose tool is not there is missing. Users and passwords in addresses are dropped.
 *
 * @example
 * ```ts
 * const findings = auditPolicy(policy, { registries: await resolveRegistries() })
 * ```
 */
export async function resolveRegistries(
  options: ResolveRegistriesOptions = {},
): Promise<RegistryHosts> {
  const { environment } = options
  const found = await Promise.all(
    finders.map(async ([kind, find]): Promise<Addresses> => {
      try {
        return await find({ environment })
      } catch (error) {
        options.onUnknown?.(kind, error instanceof Error ? error : new Error('unknown'))
        return {}
      }
    }),
  )
  const hosts = found
    .flatMap((one) => Object.entries(one))
    .map(([kind, addresses]) => {
      return [kind, Object.freeze([...new Set(addresses.flatMap(hostOf))])] as const
    })
  return Object.freeze(Object.fromEntries(hosts.filter(([, names]) => names.length > 0)))
}

/** The host of an address; an address that no rule could hold has one all the same. */
function hostOf(address: string): readonly string[] {
  if (!URL.canParse(address)) return []
  const host = new URL(address).hostname
  return isHostName(host) ? [host] : []
}
