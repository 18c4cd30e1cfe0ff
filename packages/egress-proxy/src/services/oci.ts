import type { AllowRule } from '@caisson/core'
import { checkNames, type KnownNames } from '../known-options.ts'
import { readingRule } from './reading-rule.ts'
import { registryPlace } from './registry-place.ts'

/** For `services.oci.pull`. */
export interface OciPullOptions {
  /** Address of the registry, `https://registry.acme.test`. */
  readonly registry: string
  /** Names of images at the registry, `team/app`: as in the path, without tag or digest. */
  readonly repositories: readonly string[]
  /**
   * Id of a credential that the registry takes for pulling: a password (`{ basic: "robot" }`) or a token
   * (`{ header: "authorization", scheme: "Bearer" }`). Default: nobody's name, which few registries serve.
   */
  readonly credential?: string | undefined
}

/** OCI distribution specification, "Pull": names of repositories. */
const repositoryName =
  /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/
const mostRepositories = 40

const known: KnownNames<OciPullOptions> = {
  registry: true,
  repositories: true,
  credential: true,
}

/**
 * Pulling images of the named repositories (OCI distribution specification). Read only: nothing is pushed.
 *
 * Many registries hand out a token for every pull, even to nobody: the client fetches it, and brings it in
 * `authorization`. A token that comes from inside cannot be told from an attacker's, so that it is refused
 * here. Let the host fetch it instead, and give it to requests as a credential, for instance with a source
 * `provider` or `command` that asks the registry's token service for the scope `repository:<name>:pull`
 * and nothing more; the client then finds the registry open. Where layers lie on another host, behind a
 * signed address, they cannot be had without the name of whoever signed it: mirror such images first.
 *
 * @example
 * ```ts
 * network: {
 *   allow: services.oci.pull({
 *     registry: 'https://registry.acme.test',
 *     repositories: ['team/app'],
 *     credential: 'registry',
 *   }),
 * }
 * ```
 * @throws TypeError for a name that is none, or an address that no rule can hold
 */
export function ociPullRules(options: OciPullOptions): readonly AllowRule[] {
  checkNames('services.oci.pull', options, known)
  const { registry, repositories, credential } = options
  const fits = repositories.length > 0 && repositories.length <= mostRepositories
  if (!fits || !repositories.every((one) => one.length <= 255 && repositoryName.test(one))) {
    throw new TypeError(
      `services.oci.pull: \`repositories\` must hold 1 to ${mostRepositories} names, as in \`team/app\``,
    )
  }
  const place = registryPlace(registry, { what: 'services.oci.pull: `registry`' })
  const what = 'OCI: pulling images'
  const paths = repositories.flatMap((one) =>
    ['blobs/*', 'manifests/*', 'referrers/*', 'tags/list'].map((rest) => `/v2/${one}/${rest}`),
  )
  return [readingRule({ place, paths: ['/v2/', ...paths], credential, what })]
}
