/** What the REST API lets be done below `/repos/<owner>/<name>`, by method. */
export type RepositoryPaths = readonly (readonly [
  methods: readonly string[],
  paths: readonly string[],
])[]

/**
 * A template, and the same where what stands for its last star is sent as one segment: Octokit escapes the
 * slashes in names of files, branches, tags and labels.
 *
 * @param most Escaped slashes
 */
function escaping(path: string, most: number): readonly string[] {
  const open = path.endsWith('/**')
  const base = open ? path.slice(0, -1) : path
  const rest = open ? '/**' : ''
  const spelled = Array.from({ length: most }, (_none, at) => base + '%2F*'.repeat(at + 1) + rest)
  return [path, ...spelled]
}

const deepestFile = 8
const deepestName = 4

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
      ...escaping('/branches/*', deepestName),
      '/check-runs/**',
      '/check-suites/**',
      ...escaping('/commits/**', deepestName),
      ...escaping('/compare/**', deepestFile),
      ...escaping('/contents/**', deepestFile),
      '/contributors',
      '/git/**',
      ...escaping('/git/matching-refs/**', deepestName),
      ...escaping('/git/ref/**', deepestName),
      ...escaping('/git/trees/*', deepestName),
      '/issues/**',
      ...escaping('/labels/**', deepestName),
      '/languages',
      '/license',
      '/milestones/**',
      '/pulls/**',
      ...escaping('/readme/**', deepestFile),
      '/releases',
      '/releases/*',
      ...escaping('/releases/tags/*', deepestName),
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
  [
    ['PATCH'],
    [
      ...escaping('/git/refs/**', deepestName),
      '/issues/*',
      '/issues/comments/*',
      '/pulls/*',
      '/pulls/comments/*',
    ],
  ],
  [
    ['PUT'],
    [
      ...escaping('/contents/**', deepestFile),
      '/issues/*/labels',
      '/pulls/*/reviews/*',
      '/pulls/*/update-branch',
    ],
  ],
  [
    ['DELETE'],
    [
      ...escaping('/contents/**', deepestFile),
      ...escaping('/git/refs/**', deepestName),
      ...escaping('/issues/*/labels/*', deepestName),
      '/issues/comments/*',
      '/pulls/comments/*',
    ],
  ],
]
