import type { AllowRule } from '@caisson/core'
import { checkNames, type KnownNames } from '../known-options.ts'
import { dated } from './dated.ts'
import { repositoryReads, repositoryWrites } from './github-paths.ts'

/** For `services.github`. */
export interface GithubServiceOptions {
  /** `owner/name`, spelled as in the addresses that programs use: case counts here. */
  readonly repositories: readonly string[]
  /**
   * `read`: looking at these repositories, cloning and fetching. `write`: besides, issues, pull requests,
   * comments, contents and git's objects over the API, and pushing.
   */
  readonly access: 'read' | 'write'
  /**
   * Id of the credential for the API: the carrier `{ header: "authorization", scheme: "Bearer" }`. Default:
   * nobody's name, which reads public repositories; needed for `write`.
   */
  readonly credential?: string | undefined
  /**
   * Id of the credential for git at `github.com`, which takes a token only as a password: the carrier
   * `{ basic: "x-access-token" }`, usually with the same source as `credential`. Default: nobody's name,
   * which clones public repositories; nothing is pushed without it.
   */
  readonly gitCredential?: string | undefined
  /**
   * Whether archives (`codeload.github.com`) and single files (`raw.githubusercontent.com`) of these
   * repositories can be read too, in nobody's name: that works for public ones only, as private ones need a
   * token in the address there. Default `false`.
   */
  readonly downloads?: boolean | undefined
}

const ownerName = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9])?$/
const repositoryName = /^[A-Za-z0-9._-]{1,100}$/
const mostRepositories = 100

const known: KnownNames<GithubServiceOptions> = {
  repositories: true,
  access: true,
  credential: true,
  gitCredential: true,
  downloads: true,
}

/**
 * The named repositories at GitHub and no others, over the REST API and over git. No gists, no GraphQL, no
 * large files (LFS), no keys, hooks, secrets, tokens or invitations, no settings.
 *
 * `gh` speaks GraphQL for most of what it does; `gh api repos/…` works, and so do REST clients.
 *
 * Whatever is pushed to a public repository, or written into its issues, is public. A workflow that is pushed runs
 * with the repository's secrets: give the token no right to workflows (`workflow` of a classic token,
 * `workflows` of a fine-grained one or of a GitHub App), and take the narrowest token there is, for instance the
 * source `githubApp` with `repositories` and `permissions`.
 *
 * @example
 * ```ts
 * const source = { env: 'GITHUB_TOKEN' }
 * const policy: Policy = {
 *   credentials: {
 *     github: { source, carrier: { header: 'authorization', scheme: 'Bearer' }, expose: 'GITHUB_TOKEN' },
 *     'github-git': { source, carrier: { basic: 'x-access-token' } },
 *   },
 *   network: {
 *     allow: services.github({
 *       repositories: ['acme/shop'],
 *       access: 'write',
 *       credential: 'github',
 *       gitCredential: 'github-git',
 *     }),
 *   },
 * }
 * ```
 * @throws TypeError for a name that is not of the form `owner/name`, and for `write` without `credential`
 */
export function githubRules(options: GithubServiceOptions): readonly AllowRule[] {
  checkNames('services.github', options, known)
  const { repositories, access, credential, downloads } = options
  checkOptions(options)
  return repositories.flatMap((repository) => [
    ...apiRules(repository, access, credential),
    ...gitRules(repository, options),
    ...(downloads === true ? downloadRules(repository) : []),
  ])
}

function checkOptions({ repositories, access, credential }: GithubServiceOptions): void {
  if (repositories.length === 0 || repositories.length > mostRepositories) {
    throw new TypeError(`services.github: \`repositories\` must name 1 to ${mostRepositories}`)
  }
  if (!repositories.every(isRepository)) {
    throw new TypeError('services.github: each of `repositories` must be written `owner/name`')
  }
  if (access === 'write' && credential === undefined) {
    throw new TypeError('services.github: nobody writes without a name; set `credential`')
  }
}

function isRepository(text: string): boolean {
  const [owner = '', name = '', ...rest] = text.split('/')
  if (rest.length > 0 || !ownerName.test(owner) || !repositoryName.test(name)) return false
  return name !== '.' && name !== '..' && !name.toLowerCase().endsWith('.git')
}

function apiRules(
  repository: string,
  access: 'read' | 'write',
  credential: string | undefined,
): readonly AllowRule[] {
  const kinds = access === 'write' ? [...repositoryReads, ...repositoryWrites] : repositoryReads
  return kinds.map(([methods, paths]) => ({
    host: 'api.github.com',
    methods,
    paths: paths.map((path) => `/repos/${repository}${path}`),
    profile: 'github',
    ...named(credential),
    reason: dated(`GitHub: the API of ${repository}, ${methods.join(', ')}`),
  }))
}

/** Git's smart protocol (gitprotocol-http): the service is named in the query first, and in the path then. */
function gitRules(repository: string, options: GithubServiceOptions): readonly AllowRule[] {
  const push = options.access === 'write' && options.gitCredential !== undefined
  const services = push ? ['git-upload-pack', 'git-receive-pack'] : ['git-upload-pack']
  const roots = [`/${repository}`, `/${repository}.git`]
  const common = { host: 'github.com', profile: 'github', ...named(options.gitCredential) }
  return [
    {
      ...common,
      methods: ['GET'],
      paths: roots.map((root) => `${root}/info/refs`),
      query: { service: services },
      reason: dated(`GitHub: git, ${repository}, which branches there are`),
    },
    {
      ...common,
      methods: ['POST'],
      paths: roots.flatMap((root) => services.map((service) => `${root}/${service}`)),
      query: {},
      reason: dated(`GitHub: git, ${repository}, ${push ? 'fetching and pushing' : 'fetching'}`),
    },
  ]
}

function downloadRules(repository: string): readonly AllowRule[] {
  return ['codeload.github.com', 'raw.githubusercontent.com'].map((host) => ({
    host,
    methods: ['GET', 'HEAD'],
    paths: [`/${repository}/**`],
    query: {},
    reason: dated(`GitHub: downloads of ${repository}`),
  }))
}

function named(credential: string | undefined): Pick<AllowRule, 'identity'> {
  return credential === undefined ? {} : { identity: credential }
}
