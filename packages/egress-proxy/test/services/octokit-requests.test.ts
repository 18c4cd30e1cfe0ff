import { Octokit } from '@octokit/rest'
import type { Credential } from '@caisson/core'
import { expect } from 'chai'
import { services } from '../../dist/services/services.js'
import { decisionOn, dummyOf, type Guarded } from './asking.js'
import { Recorder } from './recorder.js'

type Act = (octokit: Octokit) => PromiseLike<unknown>

const credentials: Readonly<Record<string, Credential>> = {
  github: {
    source: { env: 'GITHUB_TOKEN' },
    carrier: { header: 'authorization', scheme: 'Bearer' },
  },
}
const guarded: Guarded = {
  allow: services.github({ repositories: ['acme/shop'], access: 'write', credential: 'github' }),
  credentials,
}

const shop = { owner: 'acme', repo: 'shop' }
const sha = '0123456789abcdef0123456789abcdef01234567'
const message = 'a'

const passing: Readonly<Record<string, Act>> = {
  'the repository': ({ rest }) => rest.repos.get(shop),
  'a file in a folder': ({ rest }) =>
    rest.repos.getContent({ ...shop, path: 'packages/a/src/b c/d/e/index.ts' }),
  'a file of a branch': ({ rest }) => rest.repos.getContent({ ...shop, path: 'a', ref: 'b/c' }),
  'a branch with a slash': ({ rest }) => rest.repos.getBranch({ ...shop, branch: 'feature/a' }),
  'a reference': ({ rest }) => rest.git.getRef({ ...shop, ref: 'heads/feature/a' }),
  'references that begin alike': ({ rest }) =>
    rest.git.listMatchingRefs({ ...shop, ref: 'heads/feature' }),
  'a tree': ({ rest }) => rest.git.getTree({ ...shop, tree_sha: sha, recursive: '1' }),
  commits: ({ rest }) => rest.repos.listCommits({ ...shop, sha: 'feature/a', per_page: 100 }),
  'a commit of a branch': ({ rest }) => rest.repos.getCommit({ ...shop, ref: 'feature/a' }),
  'a comparison': ({ rest }) =>
    rest.repos.compareCommitsWithBasehead({ ...shop, basehead: 'main...feature/a' }),
  'checks of a branch': ({ rest }) => rest.checks.listForRef({ ...shop, ref: 'feature/a' }),
  'a release of a tag': ({ rest }) => rest.repos.getReleaseByTag({ ...shop, tag: 'v1/a' }),
  issues: ({ rest }) => rest.issues.listForRepo({ ...shop, state: 'open', labels: 'a,b' }),
  'a pull request': ({ rest }) => rest.pulls.get({ ...shop, pull_number: 1 }),
  'its files': ({ rest }) => rest.pulls.listFiles({ ...shop, pull_number: 1, page: 2 }),
  'runs of workflows': ({ rest }) => rest.actions.listWorkflowRunsForRepo(shop),
  'an issue': ({ rest }) => rest.issues.create({ ...shop, title: 'a', labels: ['b'] }),
  'a comment': ({ rest }) => rest.issues.createComment({ ...shop, issue_number: 1, body: 'a' }),
  'a label that goes': ({ rest }) =>
    rest.issues.removeLabel({ ...shop, issue_number: 1, name: 'area/a' }),
  'a new pull request': ({ rest }) =>
    rest.pulls.create({ ...shop, title: 'a', head: 'feature/a', base: 'main' }),
  'a review': ({ rest }) =>
    rest.pulls.createReview({ ...shop, pull_number: 1, event: 'COMMENT', body: 'a' }),
  'a file that changes': ({ rest }) =>
    rest.repos.createOrUpdateFileContents({ ...shop, path: 'src/a.ts', message, content: 'YQ==' }),
  'a file that goes': ({ rest }) =>
    rest.repos.deleteFile({ ...shop, path: 'src/a.ts', message, sha }),
  'a blob': ({ rest }) => rest.git.createBlob({ ...shop, content: 'a' }),
  'a new branch': ({ rest }) => rest.git.createRef({ ...shop, ref: 'refs/heads/feature/a', sha }),
  'a branch that moves': ({ rest }) => rest.git.updateRef({ ...shop, ref: 'heads/feature/a', sha }),
  'a branch that goes': ({ rest }) => rest.git.deleteRef({ ...shop, ref: 'heads/feature/a' }),
}

const refused: Readonly<Record<string, Act>> = {
  'another repository': ({ rest }) => rest.repos.get({ owner: 'evil', repo: 'drop' }),
  'one that is spelled around': ({ rest }) =>
    rest.repos.getContent({ owner: 'acme', repo: 'shop/../../evil/drop', path: 'a' }),
  'a path that leads out': ({ rest }) =>
    rest.repos.getContent({ ...shop, path: '../../../evil/drop/contents/a' }),
  'a gist': ({ rest }) => rest.gists.create({ files: { a: { content: 'a' } } }),
  'a hook': ({ rest }) =>
    rest.repos.createWebhook({ ...shop, config: { url: 'https://evil.test/' } }),
  'a deploy key': ({ rest }) => rest.repos.createDeployKey({ ...shop, key: 'a' }),
  'a collaborator': ({ rest }) => rest.repos.addCollaborator({ ...shop, username: 'evil' }),
  'a fork': ({ rest }) => rest.repos.createFork(shop),
  'a transfer': ({ rest }) => rest.repos.transfer({ ...shop, new_owner: 'evil' }),
  'a dispatch': ({ rest }) => rest.repos.createDispatchEvent({ ...shop, event_type: 'a' }),
  'a workflow that is started': ({ rest }) =>
    rest.actions.createWorkflowDispatch({ ...shop, workflow_id: 'a.yml', ref: 'main' }),
  'a secret': ({ rest }) => rest.actions.getRepoSecret({ ...shop, secret_name: 'A' }),
  'an environment': ({ rest }) =>
    rest.repos.createOrUpdateEnvironment({ ...shop, environment_name: 'a' }),
  'a token of an app': ({ rest }) =>
    rest.apps.createInstallationAccessToken({ installation_id: 1 }),
  GraphQL: (octokit) => octokit.graphql('query { viewer { login } }'),
  'a change of the repository': ({ rest }) => rest.repos.update({ ...shop, private: false }),
  'a merge': ({ rest }) => rest.pulls.merge({ ...shop, pull_number: 1 }),
}

const refusals = ['bad_path', 'method_not_allowed', 'minting_refused', 'path_not_allowed']

describe('what Octokit sends, under the rules of services.github', () => {
  const recorder = new Recorder('https://api.github.com')
  let baseUrl = ''
  before(async () => {
    baseUrl = await recorder.open()
  })
  after(() => recorder.close())

  async function answerTo(act: Act): Promise<string> {
    const log = { debug() {}, info() {}, warn() {}, error() {} }
    const octokit = new Octokit({ auth: dummyOf('github'), baseUrl, log })
    const asked = await recorder.requestOf(() => act(octokit))
    const decision = decisionOn(guarded, asked)
    if (decision === null) return 'bad_path'
    return decision.verdict === 'allow' ? 'allow' : String(decision.code)
  }

  for (const [what, act] of Object.entries(passing)) {
    it(`allows ${what}`, async () => expect(await answerTo(act)).to.equal('allow'))
  }
  for (const [what, act] of Object.entries(refused)) {
    it(`refuses ${what}`, async () => expect(await answerTo(act)).to.be.oneOf(refusals))
  }
})
