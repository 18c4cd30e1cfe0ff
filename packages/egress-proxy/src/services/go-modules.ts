import type { AllowRule } from '@caisson/core'
import { checkNames, type KnownNames } from '../known-options.ts'
import { readingRule } from './reading-rule.ts'
import { registryPlace } from './registry-place.ts'
import { type GoProxies, goProxies } from './registries/go-source.ts'
import type { ToolOptions } from './registries/tool-question.ts'

/** For `services.goModules.fetch`. */
export interface GoModulesFetchOptions extends ToolOptions {
  /**
   * Modules, or what they begin with: `github.com/acme`, `golang.org/x`. Everything that is needed, indirect
   * requirements too: `go list -m all` names them. Default: any module, see `services.goModules.fetch`.
   */
  readonly modules?: readonly string[] | undefined
  /** Address of the module mirror. Default: what `go env GOPROXY` says on the host. */
  readonly proxy?: string | undefined
  /** Address of the checksum database, or `false` for none. Default: what `go env GOSUMDB` says. */
  readonly sumdb?: string | false | undefined
  /** Id of a credential for the mirror. Default: nobody's name. */
  readonly credential?: string | undefined
}

const what = 'Go: fetching modules'
const modulePath = /^[A-Za-z0-9~_-][A-Za-z0-9._~-]*(?:\/[A-Za-z0-9~_-][A-Za-z0-9._~-]*)*$/
const mostModules = 100

const known: KnownNames<GoModulesFetchOptions> = {
  modules: true,
  proxy: true,
  sumdb: true,
  credential: true,
  environment: true,
}

/**
 * Fetching Go modules from a mirror (GOPROXY protocol), and their checksums.
 *
 * A mirror fetches what it does not have from where the module's path says. Without `modules`, a program inside
 * can therefore ask for `attacker.example/<data>/@v/list`, and the mirror carries the data there: name
 * the modules where that matters. Modules that the configuration fetches directly (`direct`, `GOPRIVATE`)
 * need a rule for the place that they lie at.
 *
 * @example
 * ```ts
 * const rules = await services.goModules.fetch({ modules: ['golang.org/x', 'github.com/acme'] })
 * ```
 * @throws RegistryUnknown when Go is not there, or has no mirror
 * @throws TypeError for a module path that is none, or an address that no rule can hold
 */
export async function goModulesFetchRules(
  options: GoModulesFetchOptions = {},
): Promise<readonly AllowRule[]> {
  checkNames('services.goModules.fetch', options, known)
  const { modules, credential } = options
  checkModules(modules)
  const { proxies, sumdb } = await proxiesOf(options)
  const escaped = modules?.map(escapedPath)
  const fetching = proxies.flatMap((one) => {
    const place = registryPlace(one, { what: 'services.goModules.fetch: `proxy`' })
    const modulesOnly = readingRule({ place, paths: modulePaths(escaped), credential, what })
    if (sumdb === null) return [modulesOnly]
    const root = `/sumdb/${sumdb.name}`
    const paths = [`${root}/supported`, ...sumdbPaths(root, escaped)]
    return [modulesOnly, readingRule({ place, paths, credential, what: `${what}, checksums` })]
  })
  if (sumdb === null) return fetching
  const place = registryPlace(sumdb.address, { what: 'services.goModules.fetch: `sumdb`' })
  const checking = { place, paths: sumdbPaths('', escaped), credential: undefined }
  return [...fetching, readingRule({ ...checking, what: `${what}, checksums` })]
}

function checkModules(modules: readonly string[] | undefined): void {
  if (modules === undefined) return
  const fits = modules.length > 0 && modules.length <= mostModules
  if (fits && modules.every((one) => one.length <= 512 && modulePath.test(one))) return
  throw new TypeError(
    `services.goModules.fetch: \`modules\` must hold 1 to ${mostModules} module paths, as in \`github.com/acme\``,
  )
}

async function proxiesOf(options: GoModulesFetchOptions): Promise<GoProxies> {
  const { proxy, sumdb, environment } = options
  const found = proxy === undefined ? await goProxies({ environment }) : null
  const proxies = proxy === undefined ? (found?.proxies ?? []) : [proxy]
  if (sumdb === false) return { proxies, sumdb: null }
  if (sumdb === undefined) return { proxies, sumdb: found?.sumdb ?? null }
  const { host } = registryPlace(sumdb, { what: 'services.goModules.fetch: `sumdb`' })
  return { proxies, sumdb: { name: host, address: sumdb } }
}

/** An upper-case letter is `!` and the lower-case one (`go help goproxy`). */
function escapedPath(path: string): string {
  return path.replaceAll(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`)
}

function modulePaths(modules: readonly string[] | undefined): readonly string[] {
  return modules?.map((one) => `/${one}/**`) ?? ['/**']
}

/**
 * `lookup/<module>@<version>`: the version stands in the last segment, so that a module is looked up beside
 * its neighbours.
 */
function sumdbPaths(root: string, modules: readonly string[] | undefined): readonly string[] {
  const lookups = new Set<string>()
  for (const one of modules ?? []) {
    lookups.add(`${root}/lookup/${one}/**`)
    const slash = one.lastIndexOf('/')
    if (slash !== -1) lookups.add(`${root}/lookup/${one.slice(0, slash)}/*`)
  }
  const looked = modules === undefined ? [`${root}/lookup/**`] : [...lookups]
  return [`${root}/latest`, `${root}/tile/**`, ...looked]
}
