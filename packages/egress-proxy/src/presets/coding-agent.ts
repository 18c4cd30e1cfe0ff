import {
  type AllowRule,
  type Credential,
  type CredentialSource,
  type Policy,
  parsePolicy,
  type SecretReference,
} from '@caisson/core'
import { checkNames, type KnownNames } from '../known-options.ts'
import { services } from '../services/services.ts'
import { agentBudgets, agentResources, hiddenByDefault } from './agent-defaults.ts'
import type { CodingAgentOptions, GithubAccess, ModelAccess } from './coding-agent-options.ts'
import { toolRegistries } from './tool-registries.ts'

/** What one part of the options adds to a policy. */
interface Part {
  readonly allow: readonly AllowRule[]
  readonly credentials: Readonly<Record<string, Credential>>
}

const known: KnownNames<CodingAgentOptions> = {
  workspace: true,
  access: true,
  mounts: true,
  hide: true,
  anthropic: true,
  openai: true,
  github: true,
  npm: true,
  pypi: true,
  crates: true,
  goModules: true,
  allow: true,
  budgets: true,
  resources: true,
  environment: true,
  toolEnvironment: true,
}

/**
 * A policy for a coding agent: it sees one folder, without the files that hold secrets by custom, works on a copy of
 * it, and reaches what is named, under one's own keys, which stay outside. What is returned is parsed, frozen, plain
 * JSON: print it, keep it in a file, change it.
 *
 * Registries are those of the host's own configuration, and variables inside lead npm, pip, uv and Go there. Nothing
 * else is read, and no secret is fetched.
 *
 * @example
 * ```ts
 * const policy = await presets.codingAgent({
 *   workspace: '/home/me/shop',
 *   anthropic: { env: 'ANTHROPIC_API_KEY' },
 *   github: { repositories: ['acme/shop'], access: 'write', source: { env: 'GITHUB_TOKEN' } },
 *   npm: true,
 * })
 * const sandbox = await createSandbox({ policy, egress: egressGateway() })
 * ```
 * @throws RegistryUnknown when the registry of a tool cannot be found out
 * @throws TypeError for an option that is none, and for those of a service that do not fit
 * @throws SandboxError `POLICY_INVALID` for what no policy can hold
 */
export async function codingAgent(options: CodingAgentOptions): Promise<Policy> {
  checkNames('presets.codingAgent', options, known)
  const parts = [
    ...(options.anthropic === undefined
      ? []
      : [anthropicPart(modelAccess('anthropic', options.anthropic))]),
    ...(options.openai === undefined ? [] : [openaiPart(modelAccess('openai', options.openai))]),
    ...(options.github === undefined ? [] : [githubPart(options.github)]),
  ]
  const tools = await toolRegistries(options)
  const rules = [...parts, ...tools].flatMap(({ allow }) => allow)
  return parsePolicy({
    filesystem: {
      mounts: [
        { source: options.workspace, access: options.access ?? 'overlay' },
        ...(options.mounts ?? []),
      ],
      deny: [...(options.hide ?? hiddenByDefault)],
    },
    network: {
      allow: [...rules, ...(options.allow ?? [])],
      budgets: { ...agentBudgets, ...options.budgets },
    },
    credentials: Object.assign({}, ...parts.map((part) => part.credentials)),
    environment: Object.assign({}, ...tools.map((tool) => tool.environment), options.environment),
    resources: { ...agentResources, ...options.resources },
  })
}

function modelAccess(name: string, given: SecretReference | ModelAccess): ModelAccess {
  const what = `presets.codingAgent: \`${name}\``
  if (typeof given !== 'object' || given === null)
    throw new TypeError(`${what} must say where the key comes from, such as { env: 'NAME' }`)
  if (!('source' in given)) return { source: given }
  checkNames(what, given, { source: true, organizations: true, models: true })
  return given
}

function anthropicPart({ source, organizations, models }: ModelAccess): Part {
  return {
    allow: services.anthropic({ credential: 'anthropic', organizations, models }),
    credentials: {
      anthropic: { source, carrier: { header: 'x-api-key' }, expose: 'ANTHROPIC_API_KEY' },
    },
  }
}

function openaiPart({ source, organizations, models }: ModelAccess): Part {
  return {
    allow: services.openai({ credential: 'openai', organizations, models }),
    credentials: { openai: { ...bearer(source), expose: 'OPENAI_API_KEY' } },
  }
}

function githubPart({ source, ...rest }: GithubAccess): Part {
  if (source === undefined) return { allow: services.github(rest), credentials: {} }
  const named = { credential: 'github', gitCredential: 'github-git' }
  return {
    allow: services.github({ ...rest, ...named }),
    credentials: {
      [named.credential]: { ...bearer(source), expose: 'GITHUB_TOKEN' },
      // Git at GitHub takes a token only as a password, for this user.
      [named.gitCredential]: { source, carrier: { basic: 'x-access-token' } },
    },
  }
}

function bearer(source: CredentialSource): Credential {
  return { source, carrier: { header: 'authorization', scheme: 'Bearer' } }
}
