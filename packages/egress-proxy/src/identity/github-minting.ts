import type { Endpoint } from './path-list.ts'

const any: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])

/** Below `/repos/<owner>/<name>`. */
const ofRepository: readonly string[] = [
  'actions/oidc/**',
  'actions/permissions/**',
  'actions/runners/**',
  'actions/runs/*/approve',
  'actions/runs/*/deployment_protection_rule',
  'actions/runs/*/pending_deployments',
  'actions/secrets/**',
  'actions/variables/**',
  'actions/workflows/*/dispatches',
  'agents/secrets/**',
  'agents/variables/**',
  'branches/*/protection/**',
  'branches/*/*/protection/**',
  'branches/*/*/*/protection/**',
  'codespaces/**',
  'collaborators/**',
  'dependabot/secrets/**',
  'dispatches',
  'environments/**',
  'hooks/**',
  'import/**',
  'invitations/**',
  'keys/**',
  'pulls/*/codespaces',
  'rulesets/**',
  'transfer',
]

/** Below `/orgs/<name>`. */
const ofOrganization: readonly string[] = [
  'actions/**',
  'agents/**',
  'codespaces/**',
  'dependabot/**',
  'hooks/**',
  'installations/**',
  'invitations/**',
  'members/*/codespaces/**',
  'memberships/**',
  'migrations/**',
  'organization-roles/**',
  'outside_collaborators/**',
  'personal-access-token-requests/**',
  'personal-access-tokens/**',
  'private-registries/**',
  'rulesets/**',
  'security-managers/**',
  'teams/**',
]

const elsewhere: readonly string[] = [
  '/app/**',
  '/app-manifests/**',
  '/applications/**',
  '/authorizations/**',
  '/enterprises/**',
  '/installation/**',
  '/scim/**',
  '/teams/**',
  '/user/codespaces/**',
  '/user/emails',
  '/user/gpg_keys/**',
  '/user/installations/**',
  '/user/keys/**',
  '/user/memberships/**',
  '/user/migrations/**',
  '/user/repository_invitations/**',
  '/user/ssh_signing_keys/**',
]

/** Pages of `github.com` at which a browser signs in and makes tokens: from memory, not checked. */
const pages: readonly string[] = ['/login/**', '/session/**', '/settings/**']

/**
 * What makes credentials at GitHub, and what is a way in that outlasts the sandbox: keys, tokens, hooks,
 * members, invitations, runners and codespaces; secrets and variables, which workflows of others take over;
 * starting, approving or freeing workflows, which run with those; and taking protection away. Held against
 * every path of `@octokit/openapi-types`, version 29.0.1 (2026-11), by `test/services/github-library.test.ts`;
 * `/authorizations` and `/scim` are older and are not among them.
 *
 * Gists and forks are no way in, but ways out: the auditor tells of them, and rules name paths.
 */
export const githubMinting: readonly Endpoint[] = [
  ...elsewhere.map((path) => ({ path })),
  ...ofRepository.map((path) => ({ path: `/repos/*/*/${path}` })),
  ...ofOrganization.map((path) => ({ path: `/orgs/*/${path}` })),
  ...pages.map((path) => ({ path, methods: any })),
]
