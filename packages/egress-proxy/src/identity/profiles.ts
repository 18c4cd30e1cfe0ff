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
 * Checked 2026-11 against "API overview", "Beta headers" and "Admin API" of Anthropic's documentation. The
 * betas are those that change how the model answers, and let the service neither fetch, run, nor keep
 * anything: none of files, skills, MCP, containers, web fetching, computer use, managed agents.
 */
const anthropic: ServiceProfile = profile({
  id: 'anthropic',
  hosts: ['api.anthropic.com'],
  headers: ['anthropic-version', 'anthropic-beta', 'idempotency-key'],
  values: {
    'anthropic-version': ['2023-06-01', '2026-10-21', '2023-01-01'],
    'anthropic-beta': [
      'prompt-caching-2024-07-31',
      'extended-cache-ttl-2025-04-11',
      'max-tokens-3-5-sonnet-2024-07-15',
      'output-128k-2025-02-19',
      'pdfs-2024-09-25',
      'token-counting-2024-11-01',
      'token-efficient-tools-2025-02-19',
      'fine-grained-tool-streaming-2025-05-14',
      'interleaved-thinking-2025-05-14',
      'context-1m-2025-08-07',
      'context-management-2025-06-27',
      'structured-outputs-2025-11-13',
      'effort-2025-11-24',
      'claude-code-20250219',
    ],
  },
  tenants: ['anthropic-allowed-org-ids'],
  minting: [
    { path: '/v1/organizations/**' },
    { path: '/v1/oauth/**', methods: any },
    { path: '/api/oauth/**', methods: any },
    { path: '/v1/sessions/**' },
  ],
})

/** Checked 2026-11 against OpenAI's "API reference": "Authentication", "Administration", "Realtime". */
const openai: ServiceProfile = profile({
  id: 'openai',
  hosts: ['api.openai.com', '*.api.openai.com'],
  headers: ['openai-beta', 'idempotency-key', 'sec-websocket-protocol'],
  tenants: ['openai-organization', 'openai-project'],
  minting: [
    { path: '/v1/organization/**' },
    { path: '/v1/realtime/client_secrets' },
    { path: '/v1/realtime/sessions' },
    { path: '/v1/realtime/transcription_sessions' },
    { path: '/v1/chatkit/sessions' },
    { path: '/v1/oauth/**', methods: any },
  ],
})

/**
 * Checked 2026-11 against GitHub's "REST API": "Apps", "Deploy keys", "Collaborators", "Users", "Webhooks",
 * "Self-hosted runners", and the "Git LFS API". A webhook, a key, an invitation and a runner are ways in
 * that outlast the sandbox.
 */
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
  minting: [
    { path: '/app/**' },
    { path: '/app-manifests/**' },
    { path: '/applications/**' },
    { path: '/authorizations' },
    { path: '/login/**', methods: any },
    { path: '/session/**', methods: any },
    { path: '/settings/**', methods: any },
    { path: '/user/keys' },
    { path: '/user/gpg_keys' },
    { path: '/user/ssh_signing_keys' },
    { path: '/user/emails' },
    { path: '/user/codespaces/**' },
    { path: '/user/repository_invitations/**' },
    { path: '/repos/*/*/keys' },
    { path: '/repos/*/*/hooks/**' },
    { path: '/repos/*/*/invitations/**' },
    { path: '/repos/*/*/collaborators/**' },
    { path: '/repos/*/*/actions/runners/**' },
    { path: '/repos/*/*/transfer' },
    { path: '/orgs/*/hooks/**' },
    { path: '/orgs/*/invitations/**' },
    { path: '/orgs/*/memberships/**' },
    { path: '/orgs/*/actions/runners/**' },
    { path: '/orgs/*/personal-access-token-requests/**' },
    { path: '/enterprises/**' },
    { path: '/scim/**' },
  ],
})

/** Checked 2026-11 against "Gemini API": "API keys", "Ephemeral tokens"; "API Keys API". */
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
 * Checked 2026-11 against the "API Reference" of AWS STS, IAM, IAM Identity Center and Cognito: what they
 * make is named in bodies and queries, so that nothing of them can be had in the name of a credential.
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

/** Checked 2026-11 against the "API Reference" of S3 and ECR. Every service there has headers of its own. */
const aws: ServiceProfile = profile({
  id: 'aws',
  hosts: ['*.amazonaws.com', '*.api.aws'],
  headers: null,
  minting: [{ path: '/accesskeys/**' }],
})

/** Checked 2026-11 against GitLab's "REST API": tokens, keys, hooks, runners, members. */
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
