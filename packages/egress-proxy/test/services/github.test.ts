import type { Credential } from '@caisson/core'
import { expect } from 'chai'
import { services } from '../../dist/services/services.js'
import { type Asked, type AskedCase, dummyOf, each, type Guarded } from './asking.js'

const source = { env: 'GITHUB_TOKEN' }
const credentials: Readonly<Record<string, Credential>> = {
  github: { source, carrier: { header: 'authorization', scheme: 'Bearer' } },
  'github-git': { source, carrier: { basic: 'x-access-token' } },
}
const named = { credential: 'github', gitCredential: 'github-git' }
const repositories = ['acme/shop', 'acme/site.github.io']
const writing = (): Guarded => ({
  allow: services.github({ repositories, access: 'write', ...named }),
  credentials,
})
const reading = (): Guarded => ({
  allow: services.github({ repositories, access: 'read', ...named }),
  credentials,
})
const anonymous = (): Guarded => ({
  allow: services.github({ repositories, access: 'read', downloads: true }),
})

const api = 'https://api.github.com'
const own = `${api}/repos/acme/shop`
const octokit = {
  accept: 'application/vnd.github+json',
  authorization: `Bearer ${dummyOf('github')}`,
  'user-agent': 'octokit.js/5',
  'x-github-api-version': '2022-11-28',
}
const git = {
  accept: '*/*',
  'accept-encoding': 'deflate, gzip, br, zstd',
  'git-protocol': 'version=2',
  pragma: 'no-cache',
  'user-agent': 'git/2.39.5',
}

function call(line: string, json?: object): Asked {
  return { line, headers: octokit, json }
}

function refs(root: string, service: string): Asked {
  return { line: `GET https://github.com${root}/info/refs?service=${service}`, headers: git }
}

function pack(root: string, service: string): Asked {
  const headers = { ...git, 'content-type': `application/x-${service}-request` }
  return {
    line: `POST https://github.com${root}/${service}`,
    headers,
    bytes: '0014command=ls-refs\n',
  }
}

const reads: readonly AskedCase[] = [
  ['the repository', call(`GET ${own}`)],
  ['a pull request, and its files', call(`GET ${own}/pulls/12/files?per_page=100`)],
  ['issues', call(`GET ${own}/issues?state=open&page=2`)],
  ['a file', call(`GET ${own}/contents/src/index.ts?ref=main`)],
  ['a branch', call(`GET ${own}/git/ref/heads/feature/a`)],
  ['runs of workflows', call(`GET ${own}/actions/runs/1/jobs`)],
  ['cloning: which branches there are', refs('/acme/shop.git', 'git-upload-pack')],
  ['cloning: objects', pack('/acme/shop.git', 'git-upload-pack')],
  ['cloning without `.git`', refs('/acme/shop', 'git-upload-pack')],
  ['cloning a repository with dots', refs('/acme/site.github.io', 'git-upload-pack')],
]

const writes: readonly AskedCase[] = [
  ['an issue', call(`POST ${own}/issues`, { title: 'a' })],
  ['a comment', call(`POST ${own}/issues/3/comments`, { body: 'a' })],
  ['a pull request', call(`POST ${own}/pulls`, { title: 'a', head: 'b', base: 'main' })],
  ['a file', call(`PUT ${own}/contents/a.txt`, { message: 'a', content: 'YQ==' })],
  ['a branch', call(`POST ${own}/git/refs`, { ref: 'refs/heads/b', sha: '0'.repeat(40) })],
  ['pushing: which branches there are', refs('/acme/shop.git', 'git-receive-pack')],
  ['pushing: objects', pack('/acme/shop.git', 'git-receive-pack')],
]

const never: readonly AskedCase[] = [
  ['a gist', call(`POST ${api}/gists`, { files: {} })],
  ['GraphQL', call(`POST ${api}/graphql`, { query: 'mutation { a }' })],
  ['an issue in a foreign repository', call(`POST ${api}/repos/evil/drop/issues`, { title: 'a' })],
  ['a foreign repository', call(`GET ${api}/repos/evil/drop/contents/a`)],
  ['another repository of the owner', call(`POST ${api}/repos/acme/other/issues`, { title: 'a' })],
  ['one whose name begins alike', call(`GET ${api}/repos/acme/shop2`)],
  ['a new repository', call(`POST ${api}/user/repos`, { name: 'a' })],
  ['deploy keys', call(`GET ${own}/keys`)],
  ['a deploy key', call(`POST ${own}/keys`, { key: 'a' })],
  ['hooks', call(`POST ${own}/hooks`, { config: { url: 'https://evil.test/' } })],
  ['a collaborator', call(`PUT ${own}/collaborators/evil`, {})],
  ['secrets of workflows', call(`GET ${own}/actions/secrets`)],
  ['logs of workflows', call(`GET ${own}/actions/runs/1/logs`)],
  ['a dispatch', call(`POST ${own}/dispatches`, { event_type: 'a' })],
  ['a fork', call(`POST ${own}/forks`, {})],
  ['a release', call(`POST ${own}/releases/1/assets`, {})],
  ['a token of an app', call(`POST ${api}/app/installations/1/access_tokens`, {})],
  ['large files', { ...pack('/acme/shop.git/info/lfs/objects', 'batch') }],
  ['pushing to a foreign repository', pack('/evil/drop.git', 'git-receive-pack')],
  ['fetching from a foreign repository', pack('/evil/drop.git', 'git-upload-pack')],
]

describe('services.github', () => {
  describe('for reading', () => {
    each(reading, 'allow', reads)
    each(reading, 'refused', never)
    each(reading, 'refused', [['pushing objects', pack('/acme/shop.git', 'git-receive-pack')]])
    each(reading, 'refused', [['asking for a push', refs('/acme/shop.git', 'git-receive-pack')]])
    each(reading, 'refused', [
      ['an issue', call(`POST ${own}/issues`, { title: 'a' })],
      ['making the repository public', call(`PATCH ${own}`, { private: false })],
    ])
  })

  describe('for writing', () => {
    each(writing, 'allow', [...reads, ...writes])
    each(writing, 'refused', never)
    each(writing, 'refused', [
      ['making the repository public', call(`PATCH ${own}`, { private: false })],
      ['deleting the repository', call(`DELETE ${own}`)],
      ['merging', call(`PUT ${own}/pulls/1/merge`, {})],
    ])
    each(writing, 'foreign_credential', [
      ['a push with another token', withToken(pack('/acme/shop.git', 'git-receive-pack'))],
      ['an issue with another token', withToken(call(`POST ${own}/issues`, { title: 'a' }))],
    ])
  })

  describe('in nobody’s name', () => {
    each(anonymous, 'allow', [
      ['cloning', refs('/acme/shop.git', 'git-upload-pack')],
      ['a file', 'GET https://raw.githubusercontent.com/acme/shop/main/README.md'],
      ['an archive', 'GET https://codeload.github.com/acme/shop/tar.gz/refs/heads/main'],
    ])
    each(anonymous, 'refused', [
      ['a foreign file', 'GET https://raw.githubusercontent.com/evil/drop/main/a'],
      ['pushing', pack('/acme/shop.git', 'git-receive-pack')],
    ])
    each(anonymous, 'foreign_credential', [
      ['a token', withToken(refs('/acme/shop.git', 'git-upload-pack'))],
    ])
  })

  it('pushes nothing without a credential for git', () => {
    const rules = services.github({ repositories, access: 'write', credential: 'github' })
    expect(JSON.stringify(rules)).not.to.include('git-receive-pack')
  })

  const wrong = ['acme', 'acme/', '/shop', 'acme/shop/x', 'acme/shop.git', 'acme/..', 'a*/b', 'a/*']
  for (const one of wrong) {
    it(`takes no repository such as ${JSON.stringify(one)}`, () => {
      const options = { repositories: [one], access: 'read' } as const
      expect(() => services.github(options)).to.throw(TypeError, '`owner/name`')
    })
  }

  it('wants a credential for writing', () => {
    const options = { repositories, access: 'write' } as const
    expect(() => services.github(options)).to.throw(TypeError, 'set `credential`')
  })
})

function withToken(asked: Asked): Asked {
  const basic = Buffer.from('x-access-token:ghp_0123456789abcdefghijABCDEFGHIJ012345').toString(
    'base64',
  )
  return { ...asked, headers: { ...asked.headers, authorization: `Basic ${basic}` } }
}
