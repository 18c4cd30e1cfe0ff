import { harmlessBetas } from './anthropic-betas.ts'
import { githubMinting } from './github-minting.ts'
import { profile, type ServiceProfile } from './profile.ts'

const post: ReadonlySet<string> = new Set(['POST'])
const put: ReadonlySet<string> = new Set(['PUT', 'POST'])
const any: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
])

/**
 * Read from the vendor's TypeScript library, version 1.12.0 (2026-11): its headers, and the paths of all its
 * methods. What makes keys, tokens and members is refused, and so is what goes on working behind the
 * sandbox's back: sessions, environments whose workers fetch their work, tunnels, vaults of credentials, and
 * addresses at which somebody else enrols. `oauth` is from that library's way of signing in.
 */
const anthropic: ServiceProfile = profile({
  id: 'anthropic',
  hosts: ['api.anthropic.com'],
  headers: ['anthropic-version', 'anthropic-beta', 'idempotency-key'],
  values: {
    // The first is what older libraries and other programs send.
    'anthropic-version': ['2023-06-01', '2026-10-21'],
    'anthropic-beta': harmlessBetas,
  },
  tenants: ['anthropic-allowed-org-ids'],
  minting: [
    { path: '/v1/organizations/**' },
    { path: '/v1/oauth/**', methods: any },
    { path: '/api/oauth/**', methods: any },
    { path: '/v1/deployments/**' },
    { path: '/v1/environments/**' },
    // A worker asks for work by GET, and what it gets holds a token of the session.
    { path: '/v1/environments/*/work/**', methods: any },
    { path: '/v1/sessions/**' },
    { path: '/v1/tunnels/**' },
    { path: '/v1/user_profiles/**' },
    { path: '/v1/vaults/**' },
  ],
})

/**
 * Read from the vendor's TypeScript library, version 6.49.0 (2026-11): its headers, and the paths of all its
 * methods. `oauth` is by analogy: that library has none.
 */
const openai: ServiceProfile = profile({
  id: 'openai',
  hosts: ['api.openai.com', '*.api.openai.com'],
  headers: ['openai-beta', 'idempotency-key', 'sec-websocket-protocol'],
  tenants: ['openai-allowed-organization-ids', 'openai-organization', 'openai-project'],
  minting: [
    { path: '/v1/organization/**' },
    { path: '/v1/projects/**' },
    { path: '/v1/realtime/calls/**' },
    { path: '/v1/realtime/client_secrets' },
    { path: '/v1/realtime/sessions' },
    { path: '/v1/realtime/transcription_sessions' },
    { path: '/v1/chatkit/sessions' },
    { path: '/v1/oauth/**', methods: any },
  ],
})

/** What of it is read from where: see {@link githubMinting}. The headers are those of git, `gh` and Octokit. */
const github: ServiceProfile = profile({
  id: 'github',
  hosts: [
    'api.github.com',
    'github.com',
    'uploads.github.com',
    'codeload.github.com',
    'raw.githubusercontent.com',
  ],
  headers: ['x-github-api-version', 'git-protocol', 'x-github-next-global-id', 'graphql-features'],
  tenants: ['sec-github-allowed-enterprise'],
  minting: githubMinting,
})

/** From memory of "Gemini API" ("API keys", "Ephemeral tokens") and "API Keys API", 2026-11; not checked. */
const googleAi: ServiceProfile = profile({
  id: 'google-ai',
  hosts: ['generativelanguage.googleapis.com'],
  headers: ['x-goog-api-client', 'x-goog-request-params', 'x-server-timeout'],
  tenants: ['x-goog-allowed-resources'],
  minting: [
    { path: '/*/auth_tokens', methods: post },
    { path: '/*/authtokens', methods: post },
    { path: '/*/corpora/*/permissions/**' },
    { path: '/*/tunedmodels/*/permissions/**' },
  ],
})

/**
 * From memory of the "API Reference" of AWS STS, IAM, IAM Identity Center and Cognito, 2026-11; not checked.
 * What they make is named in bodies and queries, so that nothing of them can be had in the name of a
 * credential.
 */
const awsIdentity: ServiceProfile = profile({
  id: 'aws-identity',
  hosts: [
    'sts.amazonaws.com',
    'sts.*.amazonaws.com',
    'sts-fips.*.amazonaws.com',
    'iam.amazonaws.com',
    'iam.*.amazonaws.com',
    'rolesanywhere.*.amazonaws.com',
    'sso.*.amazonaws.com',
    'portal.sso.*.amazonaws.com',
    'oidc.*.amazonaws.com',
    'cognito-identity.*.amazonaws.com',
    'cognito-idp.*.amazonaws.com',
    'signin.aws.amazon.com',
  ],
  headers: null,
  minting: [{ path: '/**', methods: any }],
})

/** From memory, 2026-11; not checked. Every service there has headers of its own. */
const aws: ServiceProfile = profile({
  id: 'aws',
  hosts: ['*.amazonaws.com', '*.api.aws'],
  headers: null,
  minting: [{ path: '/accesskeys/**' }],
})

/** From memory of GitLab's "REST API", 2026-11; not checked: tokens, keys, hooks, runners, members. */
const gitlab: ServiceProfile = profile({
  id: 'gitlab',
  hosts: ['gitlab.com'],
  headers: ['git-protocol', 'x-gitlab-feature-category'],
  minting: [
    { path: '/oauth/**', methods: any },
    { path: '/users/**', methods: any },
    { path: '/api/v4/personal_access_tokens/**' },
    { path: '/api/v4/user/**', methods: put },
    { path: '/api/v4/users/**' },
    { path: '/api/v4/runners/**' },
    { path: '/api/v4/projects/*/access_tokens/**' },
    { path: '/api/v4/projects/*/deploy_keys/**' },
    { path: '/api/v4/projects/*/deploy_tokens/**' },
    { path: '/api/v4/projects/*/hooks/**' },
    { path: '/api/v4/projects/*/members/**' },
    { path: '/api/v4/projects/*/invitations/**' },
    { path: '/api/v4/projects/*/triggers/**' },
    { path: '/api/v4/groups/*/access_tokens/**' },
    { path: '/api/v4/groups/*/deploy_tokens/**' },
    { path: '/api/v4/groups/*/hooks/**' },
    { path: '/api/v4/groups/*/members/**' },
    { path: '/api/v4/groups/*/invitations/**' },
  ],
})

/** The narrower before the wider: the first that covers a host counts. */
const profiles: readonly ServiceProfile[] = [
  anthropic,
  openai,
  github,
  gitlab,
  googleAi,
  awsIdentity,
  aws,
]

/** Names for `AllowRule.profile`. */
export const profileNames: readonly string[] = Object.freeze(profiles.map(({ id }) => id))

/** The service that a host, or a pattern of a rule, belongs to; `null` where nothing is known of it. */
export function profileFor(host: string): ServiceProfile | null {
  return profiles.find(({ hosts }) => hosts.some((known) => covers(known, host))) ?? null
}

/** @param id As in `AllowRule.profile`. */
export function profileNamed(id: string): ServiceProfile | null {
  return profiles.find((one) => one.id === id) ?? null
}

/**
 * Whether a profile's host is one of those that a rule is about. A rule for `*.github.com` is about
 * `api.github.com` too, so that it is held to the same.
 */
function covers(known: string, host: string): boolean {
  if (host.startsWith('*.') && !known.startsWith('*.')) return known.endsWith(host.slice(1))
  const [wanted, given] = [known.split('.'), host.split('.')]
  if (wanted[0] === '*') {
    const tail = wanted.slice(1)
    const from = given.length - tail.length
    return from > 0 && tail.every((label, at) => label === given[from + at])
  }
  if (wanted.length !== given.length) return false
  return wanted.every((label, at) => label === '*' || label === given[at])
}
