import type { AllowRule } from '@caisson/core'
import type { GoModulesFetchOptions } from '../services/go-modules.ts'
import type { NpmInstallOptions } from '../services/npm.ts'
import type { PypiInstallOptions } from '../services/pypi.ts'
import { goProxies } from '../services/registries/go-source.ts'
import { npmRegistries } from '../services/registries/npm-source.ts'
import { pipIndexes } from '../services/registries/pip-source.ts'
import { services } from '../services/services.ts'
import type { CodingAgentOptions } from './coding-agent-options.ts'

/** Rules for the registry of a tool, and variables that lead the tool inside there, where no file of the host does. */
export interface ToolRegistry {
  readonly allow: readonly AllowRule[]
  readonly environment: Readonly<Record<string, string>>
}

/** The registries of the tools that are wanted. */
export async function toolRegistries(
  options: CodingAgentOptions,
): Promise<readonly ToolRegistry[]> {
  const environment = options.toolEnvironment
  const { npm, pypi, crates, goModules } = options
  return Promise.all([
    ...wanted(npm, (given) => npmRegistry({ environment, ...given })),
    ...wanted(pypi, (given) => pipRegistry({ environment, ...given })),
    ...(goModules === undefined ? [] : [goRegistry({ environment, ...goModules })]),
    ...wanted(crates, async (given) => {
      // No variable leads Cargo to another registry: a mirror needs its configuration in the workspace.
      return { allow: await services.crates.fetch({ environment, ...given }), environment: {} }
    }),
  ])
}

function wanted<Options extends object>(
  given: boolean | Options | undefined,
  ask: (options: Partial<Options>) => Promise<ToolRegistry>,
): readonly Promise<ToolRegistry>[] {
  if (given === undefined || given === false) return []
  return [ask(given === true ? {} : given)]
}

async function npmRegistry(options: NpmInstallOptions): Promise<ToolRegistry> {
  const known = await named(options)
  const allow = await services.npm.install(known)
  return { allow, environment: { npm_config_registry: known.registry } }
}

async function named(
  options: NpmInstallOptions,
): Promise<NpmInstallOptions & { readonly registry: string }> {
  const { registry, scoped, environment } = options
  if (registry !== undefined) return { ...options, registry }
  const found = await npmRegistries({ environment })
  return {
    ...options,
    registry: found.registry,
    scoped: scoped ?? Object.fromEntries(found.scoped),
  }
}

async function pipRegistry(options: PypiInstallOptions): Promise<ToolRegistry> {
  const allow = await services.pypi.install(options)
  const { environment, index } = options
  const [first, ...others] =
    index === undefined ? (await pipIndexes({ environment })).indexes : [index]
  return {
    allow,
    environment: {
      ...(first === undefined ? {} : { PIP_INDEX_URL: first, UV_DEFAULT_INDEX: first }),
      ...(others.length === 0 ? {} : { PIP_EXTRA_INDEX_URL: others.join(' ') }),
    },
  }
}

async function goRegistry(options: GoModulesFetchOptions): Promise<ToolRegistry> {
  const allow = await services.goModules.fetch(options)
  const { environment, proxy } = options
  const proxies = proxy === undefined ? (await goProxies({ environment })).proxies : [proxy]
  return { allow, environment: { GOPROXY: proxies.join(',') } }
}
