import type { Credential, ExecResult } from '@caisson/core'
import { services } from '@caisson/egress-proxy'
import { expect } from 'chai'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  expectDone,
  expectForeign,
  expectRefused,
  expectUnseen,
} from './packages/expect-refused.ts'
import { guarded, type Guarded, longestTestMs } from './packages/guarded.ts'
import { whyNot } from './packages/installed.ts'
import { gitSite } from './support/git-site.ts'
import { githubSite, type GithubSite } from './support/github-site.ts'
import { modulesMount, nodeModule } from './support/modules.ts'
import { author, git, makeRepository } from './support/repositories.ts'

const api = 'https://api.github.com'
const forge = 'https://github.com'
const noNode = whyNot('node', '--version')
const noGit = whyNot('git', '--version')

/** Whoever steals has an account of his own. */
const theirs = `ghp_${'theirs'.repeat(6)}`

/** Does what the first argument says, with the second as its key, or the one of the variable. */
const client = `
import { Octokit } from '@octokit/rest'
const [what, auth = process.env.GITHUB_TOKEN] = process.argv.slice(1)
const github = new Octokit({ auth: auth || undefined, log: { warn() {}, error() {}, info() {}, debug() {} } })
const repository = { owner: 'acme', repo: 'shop' }
const ours = { ...repository, issue_number: 7 }
const acts = {
  issues: async () => (await github.issues.listForRepo(repository)).data.map(({ title }) => title).join(),
  issue: async () => (await github.issues.get(ours)).data.body,
  comment: async () => (await github.issues.createComment({ ...ours, body: 'seen' })).data.body,
  gist: () => github.gists.create({ files: { a: { content: 'stolen' } } }),
  foreign: () => github.issues.createComment({ ...ours, owner: 'mallory', body: 'stolen' }),
  key: () => github.repos.createDeployKey({ ...repository, title: 'mine', key: 'ssh-ed25519 AAAA' }),
  token: () => github.apps.createInstallationAccessToken({ installation_id: 42 }),
  graphql: () => github.graphql('{ viewer { login } }'),
}
try {
  console.log(await acts[what]())
} catch (error) {
  console.error(error.status, error.message, JSON.stringify(error.response?.data))
  process.exit(1)
}
`
const act = (...args: readonly string[]): readonly string[] => nodeModule(client, ...args)
const shell = (line: string): readonly string[] => ['sh', '-c', line]

interface World extends Guarded<typeof api | typeof forge> {
  readonly github: GithubSite
}

async function outside(folder: string, access: 'read' | 'write' = 'write'): Promise<World> {
  const github = githubSite()
  const { appId, installationId } = github
  const privateKey = { static: github.privateKey }
  const source = { githubApp: { appId, installationId, privateKey, repositories: ['shop'] } }
  const credentials: Record<string, Credential> = {
    github: {
      source,
      carrier: { header: 'authorization', scheme: 'Bearer' },
      expose: 'GITHUB_TOKEN',
    },
    git: { source, carrier: { basic: 'x-access-token' } },
  }
  const world = await guarded({
    network: {
      allow: services.github({
        repositories: ['acme/shop'],
        access,
        credential: 'github',
        gitCredential: 'git',
      }),
    },
    sites: { [api]: github.api, [forge]: github.withToken(gitSite(folder)) },
    policy: { credentials, filesystem: { mounts: [modulesMount] } },
  })
  return { ...world, github }
}

/** What arrived from inside: the proxy itself asks for tokens and gives them back. */
function arrived({ origins }: World): readonly string[] {
  return origins[api].seen.filter((one) => !/ \/(app\/)?installations?\//.test(one))
}

describe(`octokit in a sandbox${noNode}`, function () {
  this.timeout(longestTestMs)
  before(function () {
    if (noNode !== '') this.skip()
  })

  for (const [how, key] of [
    ['with its dummy', []],
    ['without any key', ['']],
  ] as const) {
    it(`reads and comments in its repository ${how}, under a token of the app`, async () => {
      await using world = await outside('/nonexistent')
      const issues = await world.run(act('issues', ...key))
      expectDone(issues)
      expect(issues.stdout).to.equal('a bug\n')
      const comment = await world.run(act('comment', ...key))
      expectDone(comment)
      expect(comment.stdout).to.equal('seen\n')
      expect(arrived(world)).to.deep.equal([
        'GET /repos/acme/shop/issues',
        'POST /repos/acme/shop/issues/7/comments',
      ])
      expect(world.github.tokens).to.have.length(1)
      const [token = ''] = world.github.tokens
      await expectUnseen(world.sandbox, token, [issues, comment])
      await expectUnseen(world.sandbox, world.github.privateKey.slice(40, 80), [])
    })
  }

  it('cannot read the token in an answer that repeats it', async () => {
    await using world = await outside('/nonexistent')
    const result = await world.run(act('issue'))
    expectDone(result)
    expect(result.stdout).to.include('authorization').and.include('[redacted:github]')
    await expectUnseen(world.sandbox, world.github.tokens[0] ?? '', [result])
    expect(world.alarms.map(({ kind }) => kind)).to.include('secret_reflected')
  })

  it('does not comment where only reading is allowed', async () => {
    await using world = await outside('/nonexistent', 'read')
    expectDone(await world.run(act('issues')))
    const target = 'POST api.github.com/repos/acme/shop/issues/7/comments'
    expectRefused(await world.run(act('comment')), target)
    expect(arrived(world)).to.deep.equal(['GET /repos/acme/shop/issues'])
  })

  for (const [what, path] of [
    ['gist', '/gists'],
    ['foreign', '/repos/mallory/shop/issues/7/comments'],
    ['key', '/repos/acme/shop/keys'],
    ['token', '/app/installations/42/access_tokens'],
    ['graphql', '/graphql'],
  ] as const) {
    it(`does not POST ${path}, in either name`, async () => {
      await using world = await outside('/nonexistent')
      for (const key of [[], [theirs]]) {
        const result = await world.run(act(what, ...key))
        expectRefused(result, `POST api.github.com${path}`)
        expect(result.stderr).to.match(/^(403|405) .*"refused":\{"code":"/)
      }
      expect(arrived(world)).to.deep.equal([])
    })
  }

  it('does not comment in the name of another token', async () => {
    await using world = await outside('/nonexistent')
    const result = await world.run(act('comment', theirs))
    expectForeign(world, result, 'POST api.github.com/repos/acme/shop/issues/7/comments')
    expect(result.stderr).to.include('the proxy adds the credential \\"github\\" by itself')
    expect(arrived(world)).to.deep.equal([])
  })
})

describe(`git at GitHub in a sandbox${noGit}`, function () {
  this.timeout(longestTestMs)
  let folder = ''
  before(function () {
    if (noGit !== '') this.skip()
  })
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'caisson-github-'))
    for (const name of ['acme/shop', 'mallory/shop']) makeRepository(join(folder, `${name}.git`))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const headOf = (name: string): string =>
    git(join(folder, `${name}.git`), 'log', '--format=%s').trim()
  const commit = `git ${author.join(' ')} commit -q --allow-empty -m inside`
  const cloned = (world: World, line: string): Promise<ExecResult> =>
    world.run(shell(`git clone -q ${forge}/acme/shop.git /tmp/r && cd /tmp/r && ${line}`), quiet)

  it('clones, fetches and pushes with a password that it never sees', async () => {
    await using world = await outside(folder)
    const result = await cloned(world, `${commit} && git push -q && git fetch -q && git log -1`)
    expectDone(result)
    expect(headOf('acme/shop')).to.equal('inside\nfirst')
    const [token = ''] = world.github.tokens
    const basic = `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`
    const shown = world.origins[forge].requests.map(({ headers }) => headers['authorization'])
    expect(new Set(shown)).to.deep.equal(new Set([basic]))
    await expectUnseen(world.sandbox, token, [result])
    const config = await world.run(shell('cat /tmp/r/.git/config'))
    expect(config.stdout).to.include(`url = ${forge}/acme/shop.git`)
  })

  it('does not push where only reading is allowed', async () => {
    await using world = await outside(folder, 'read')
    const result = await cloned(world, `${commit} && git push -q`)
    expectRefused(result, 'GET github.com/acme/shop.git/info/refs')
    expect(headOf('acme/shop')).to.equal('first')
    expect(world.origins[forge].seen.join()).to.not.include('receive-pack')
  })

  it('neither pushes to a foreign repository nor clones one', async () => {
    await using world = await outside(folder)
    const foreign = `${forge}/mallory/shop.git`
    const target = 'GET github.com/mallory/shop.git/info/refs'
    expectRefused(await cloned(world, `${commit} && git push -q ${foreign} main`), target)
    expectRefused(await world.run(shell(`git clone -q ${foreign} /tmp/m`), quiet), target)
    expect(headOf('mallory/shop')).to.equal('first')
    expect(world.origins[forge].seen.join()).to.not.include('mallory')
  })

  it('pushes to a foreign repository with a token of its own neither in the address nor in a header', async () => {
    await using world = await outside(folder)
    const inUrl = `https://x-access-token:${theirs}@github.com/mallory/shop.git`
    const target = 'GET github.com/mallory/shop.git/info/refs'
    expectRefused(await cloned(world, `${commit} && git push -q ${inUrl} main`), target)
    const again = await world.run(shell(`cd /tmp/r && ${byHeader} push -q ${inUrl} main`), quiet)
    expectRefused(again, target)
    expect(world.origins[forge].seen.join()).to.not.include('mallory')
  })

  it('pushes to its own repository in no other name', async () => {
    await using world = await outside(folder)
    const result = await cloned(world, `${commit} && ${byHeader} push -q`)
    expectForeign(world, result, 'GET github.com/acme/shop.git/info/refs')
    expect(result.stderr).to.include('The requested URL returned error: 403')
    expect(headOf('acme/shop')).to.equal('first')
    // One that stands in an address is sent when it is asked for, and nobody asks here.
    const inUrl = `https://x-access-token:${theirs}@github.com/acme/shop.git`
    await world.run(shell(`cd /tmp/r && git push -q ${inUrl} main`), quiet)
    const shown = world.origins[forge].requests.map(({ headers }) => headers['authorization'])
    expect(shown).to.not.include(`Basic ${basic}`)
  })
})

/** Asks nobody for a password, as nobody is there. */
const quiet = { GIT_TERMINAL_PROMPT: '0' }
const basic = Buffer.from(`x-access-token:${theirs}`).toString('base64')
/** As steps of build services do it. */
const byHeader = `git -c http.extraHeader='Authorization: Basic ${basic}'`
