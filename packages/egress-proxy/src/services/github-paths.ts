/** What the REST API lets be done below `/repos/<owner>/<name>`, by method. */
export type RepositoryPaths = readonly (readonly [
  methods: readonly string[],
  paths: readonly string[],
])[]

/**
 * Held against `@octokit/openapi-types`, version 29.0.1 (2026-11), by `test/services/github-library.test.ts`.
 *
 * What describes a repository and its work. Keys, hooks, invitations, collaborators, secrets, variables, runners
 * and traffic are not here, and neither are downloads of logs, which lead to storage elsewhere.
 */
export const repositoryReads: RepositoryPaths = [
  [
    ['GET', 'HEAD'],
    [
      '',
      '/actions/jobs/*',
      '/actions/runs',
      '/actions/runs/*',
      '/actions/runs/*/jobs',
      '/actions/workflows',
      '/actions/workflows/*',
      '/actions/workflows/*/runs',
      '/assignees',
      '/branches',
      '/branches/*',
      '/check-runs/**',
      '/check-suites/**',
      '/commits/**',
      '/compare/**',
      '/contents/**',
      '/contributors',
      '/git/**',
      '/issues/**',
      '/labels/**',
      '/languages',
      '/license',
      '/milestones/**',
      '/pulls/**',
      '/readme/**',
      '/releases',
      '/releases/*',
      '/releases/tags/*',
      '/tags',
      '/topics',
    ],
  ],
]

/**
 * Issues, pull requests, contents and git's own objects. Not the settings of the repository (`PATCH` on it could make
 * it public), merges, forks, releases, dispatches, keys, hooks, secrets or invitations.
 */
export const repositoryWrites: RepositoryPaths = [
  [
    ['POST'],
    [
      '/git/blobs',
      '/git/commits',
      '/git/refs',
      '/git/tags',
      '/git/trees',
      '/issues',
      '/issues/*/comments',
      '/issues/*/labels',
      '/pulls',
      '/pulls/*/comments',
      '/pulls/*/comments/*/replies',
      '/pulls/*/requested_reviewers',
      '/pulls/*/reviews',
      '/pulls/*/reviews/*/events',
    ],
  ],
  [['PATCH'], ['/git/refs/**', '/issues/*', '/issues/comments/*', '/pulls/*', '/pulls/comments/*']],
  [['PUT'], ['/contents/**', '/issues/*/labels', '/pulls/*/reviews/*', '/pulls/*/update-branch']],
  [
    ['DELETE'],
    [
      '/contents/**',
      '/git/refs/**',
      '/issues/*/labels/*',
      '/issues/comments/*',
      '/pulls/comments/*',
    ],
  ],
]
