import { anthropicRules } from './anthropic.ts'
import { cratesFetchRules } from './crates.ts'
import { servicesAsOf } from './dated.ts'
import { debianInstallRules } from './debian.ts'
import { githubRules } from './github.ts'
import { goModulesFetchRules } from './go-modules.ts'
import { npmInstallRules } from './npm.ts'
import { ociPullRules } from './oci.ts'
import { openaiRules } from './openai.ts'
import { pypiInstallRules } from './pypi.ts'
import { rubygemsInstallRules } from './rubygems.ts'

/** Ready-made rules; see {@link services}. */
export interface Services {
  /** When they were last held against the libraries and tools that they are about: `2026-11`. */
  readonly asOf: string
  /** Messages, counting of tokens, the list of models; see {@link AnthropicServiceOptions}. */
  readonly anthropic: typeof anthropicRules
  /** Chat completions, responses, embeddings, the list of models; see {@link OpenaiServiceOptions}. */
  readonly openai: typeof openaiRules
  /** Named repositories over the REST API and git; see {@link GithubServiceOptions}. */
  readonly github: typeof githubRules
  readonly npm: {
    /** Installing packages with npm, pnpm or Yarn. */
    readonly install: typeof npmInstallRules
  }
  readonly pypi: {
    /** Installing packages with pip or uv. */
    readonly install: typeof pypiInstallRules
  }
  readonly crates: {
    /** Fetching crates with Cargo. */
    readonly fetch: typeof cratesFetchRules
  }
  readonly goModules: {
    /** Fetching Go modules from a mirror. */
    readonly fetch: typeof goModulesFetchRules
  }
  readonly debian: {
    /** Installing packages with apt. */
    readonly install: typeof debianInstallRules
  }
  readonly rubygems: {
    /** Installing gems. */
    readonly install: typeof rubygemsInstallRules
  }
  readonly oci: {
    /** Pulling images. */
    readonly pull: typeof ociPullRules
  }
}

/**
 * Ready-made rules for what sandboxes are mostly let out to, with the least that the usual clients need. They are
 * plain data, to be spread into `network.allow`, read, and narrowed. Those about package registries ask the tools on
 * the host where their registry is, and are promises therefore.
 *
 * @example
 * ```ts
 * const policy: Policy = {
 *   credentials: {
 *     claude: { source: { env: 'ANTHROPIC_API_KEY' }, carrier: { header: 'x-api-key' } },
 *   },
 *   network: {
 *     allow: [
 *       ...services.anthropic({ credential: 'claude' }),
 *       ...(await services.npm.install()),
 *     ],
 *   },
 * }
 * ```
 */
export const services: Services = Object.freeze({
  asOf: servicesAsOf,
  anthropic: anthropicRules,
  openai: openaiRules,
  github: githubRules,
  npm: Object.freeze({ install: npmInstallRules }),
  pypi: Object.freeze({ install: pypiInstallRules }),
  crates: Object.freeze({ fetch: cratesFetchRules }),
  goModules: Object.freeze({ fetch: goModulesFetchRules }),
  debian: Object.freeze({ install: debianInstallRules }),
  rubygems: Object.freeze({ install: rubygemsInstallRules }),
  oci: Object.freeze({ pull: ociPullRules }),
})
