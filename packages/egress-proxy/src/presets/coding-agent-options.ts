import type {
  AllowRule,
  Budgets,
  CredentialSource,
  Mount,
  ResourcePolicy,
  SecretReference,
} from '@caisson/core'
import type { Variables } from '../services/registries/tool-variables-source.ts'
import type { CratesFetchOptions } from '../services/crates.ts'
import type { GoModulesFetchOptions } from '../services/go-modules.ts'
import type { NpmInstallOptions } from '../services/npm.ts'
import type { PypiInstallOptions } from '../services/pypi.ts'

/** A model's vendor, and where the key comes from. */
export interface ModelAccess {
  readonly source: CredentialSource
  /** Ids of one's own organizations; the vendor refuses every other. Default: not set. */
  readonly organizations?: readonly string[] | undefined
  /** Default: any model. */
  readonly models?: readonly string[] | undefined
}

/** Repositories at GitHub. */
export interface GithubAccess {
  /** `owner/name`. */
  readonly repositories: readonly string[]
  readonly access: 'read' | 'write'
  /** A token, or a GitHub App. Default: nobody's name, for public repositories that are only read. */
  readonly source?: CredentialSource | undefined
  /** Archives and single files, too: see {@link GithubServiceOptions.downloads}. Default `false`. */
  readonly downloads?: boolean | undefined
}

/** For `presets.codingAgent`. Whatever is left out is not reached. */
export interface CodingAgentOptions {
  /** The folder that the agent works in, on the host. */
  readonly workspace: string
  /**
   * `overlay` (default): what the agent writes stays beside the folder until `commit`. `write`: it is written
   * to the folder itself.
   */
  readonly access?: 'overlay' | 'write' | undefined
  /** Further folders, such as one with the agent itself or a Node.js outside `/usr`. */
  readonly mounts?: readonly Mount[] | undefined
  /** Globs of what stays hidden in the workspace, in place of {@link hiddenByDefault}. */
  readonly hide?: readonly string[] | undefined
  /** The Anthropic API, with a key. Inside, `ANTHROPIC_API_KEY` holds a dummy. */
  readonly anthropic?: SecretReference | ModelAccess | undefined
  /** The OpenAI API, with a key. Inside, `OPENAI_API_KEY` holds a dummy. */
  readonly openai?: SecretReference | ModelAccess | undefined
  /** Inside, `GITHUB_TOKEN` holds a dummy. */
  readonly github?: GithubAccess | undefined
  /** Installing packages with npm; `true`: from where npm is configured for on the host. */
  readonly npm?: boolean | NpmInstallOptions | undefined
  /** Installing packages with pip; `true`: from where pip is configured for on the host. */
  readonly pypi?: boolean | PypiInstallOptions | undefined
  /** Fetching crates with Cargo; `true`: from where Cargo is configured for on the host. */
  readonly crates?: boolean | CratesFetchOptions | undefined
  /** Fetching these Go modules, and no others: what any module may be, an attacker's host may be, too. */
  readonly goModules?: (GoModulesFetchOptions & { readonly modules: readonly string[] }) | undefined
  /** Further rules. */
  readonly allow?: readonly (string | AllowRule)[] | undefined
  /** Set over {@link agentBudgets}, one by one. */
  readonly budgets?: Budgets | undefined
  /** Set over {@link agentResources}, one by one. */
  readonly resources?: ResourcePolicy | undefined
  /** Variables inside. No secrets: those are credentials. */
  readonly environment?: Readonly<Record<string, string>> | undefined
  /** How tools are found and configured whose registries are asked for. Default: as for this process. */
  readonly toolEnvironment?: Variables | undefined
}
