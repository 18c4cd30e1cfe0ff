import type { AllowRule } from '@caisson/core'
import { checkNames, type KnownNames } from '../known-options.ts'
import { readingRule } from './reading-rule.ts'
import { type RegistryPlace, registryPlace } from './registry-place.ts'
import { npmRegistries } from './registries/npm-source.ts'
import type { ToolOptions } from './registries/tool-question.ts'

/** A registry for the packages of one scope. */
export interface NpmScope {
  readonly registry: string
  /** Id of a credential for it, with the carrier `{ header: "authorization", scheme: "Bearer" }`. */
  readonly credential?: string | undefined
}

/** For `services.npm.install`. */
export interface NpmInstallOptions extends ToolOptions {
  /** Address of the registry. Default: what `npm config` says on the host. */
  readonly registry?: string | undefined
  /** Id of a credential for it. Default: nobody's name. */
  readonly credential?: string | undefined
  /**
   * Registries by scope: `{ "@acme": "https://npm.acme.test" }`. Default: what `npm config` says when
   * `registry` is left out, and otherwise none.
   */
  readonly scoped?: Readonly<Record<string, string | NpmScope>> | undefined
}

const what = 'npm: installing packages'
const scopeName = /^@[a-z0-9~][a-z0-9._~-]{0,213}$/

const names: KnownNames<NpmInstallOptions> = {
  registry: true,
  credential: true,
  scoped: true,
  environment: true,
}

/**
 * Installing packages with npm, pnpm or Yarn: their descriptions and archives, read only. Nothing is published, and
 * neither searches nor audits are sent, which would tell what a project uses (`npm install` goes on without).
 *
 * Asked are the registries of the host's own configuration, so that company mirrors work. The `.npmrc` of a
 * project does not count: whoever wrote the project would choose where its packages come from. A registry
 * whose address or `.npmrc` holds a token needs a credential here: nothing of it is read.
 *
 * @example
 * ```ts
 * network: { allow: [...(await services.npm.install())] }
 * ```
 * @throws RegistryUnknown when npm is not there, or does not say
 * @throws TypeError for an address that no rule can hold; it is not repeated in the message
 */
export async function npmInstallRules(
  options: NpmInstallOptions = {},
): Promise<readonly AllowRule[]> {
  checkNames('services.npm.install', options, names)
  const known = await registriesOf(options)
  const place = registryPlace(known.registry, { what: 'services.npm.install: `registry`' })
  const main = readingRule({
    place,
    paths: ['/*', '/*%2F*', '/*/-/*', '/*/*/-/*'],
    credential: options.credential,
    what,
  })
  return [main, ...known.scoped.map(([scope, given]) => scopeRule(scope, given))]
}

interface Known {
  readonly registry: string
  readonly scoped: readonly (readonly [scope: string, given: NpmScope])[]
}

async function registriesOf({ registry, scoped, environment }: NpmInstallOptions): Promise<Known> {
  const given = Object.entries(scoped ?? {}).map(
    ([scope, one]) => [scope, typeof one === 'string' ? { registry: one } : one] as const,
  )
  if (registry !== undefined) return { registry, scoped: given }
  const found = await npmRegistries({ environment })
  if (scoped !== undefined) return { registry: found.registry, scoped: given }
  const configured = [...found.scoped].map(([scope, one]) => [scope, { registry: one }] as const)
  return { registry: found.registry, scoped: configured }
}

function scopeRule(scope: string, { registry, credential }: NpmScope): AllowRule {
  if (!scopeName.test(scope)) {
    throw new TypeError('services.npm.install: each key of `scoped` must be a scope, as in `@acme`')
  }
  const place: RegistryPlace = registryPlace(registry, {
    what: `services.npm.install: the registry of ${scope}`,
  })
  const paths = [`/${scope}%2F*`, `/${scope}/*/-/*`]
  return readingRule({ place, paths, credential, what: `${what} of ${scope}` })
}
