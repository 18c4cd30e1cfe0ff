import type { AllowRule } from '@caisson/core'
import { expect } from 'chai'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expectDone, expectRefused } from './packages/expect-refused.ts'
import { guarded, type Guarded, longestTestMs } from './packages/guarded.ts'
import { whyNot } from './packages/installed.ts'
import { gitSite } from './support/git-site.ts'
import { author, commitTo, git, makeRepository } from './support/repositories.ts'

const forge = 'https://git.good.test'
const why = whyNot('git', '--version')

const read: readonly AllowRule[] = [
  { host: 'git.good.test', paths: ['/acme/repo.git/**'] },
  { host: 'git.good.test', methods: ['POST'], paths: ['/acme/repo.git/git-upload-pack'] },
]
const write: readonly AllowRule[] = [
  ...read,
  { host: 'git.good.test', methods: ['POST'], paths: ['/acme/repo.git/git-receive-pack'] },
]

describe(`git in a sandbox${why}`, function () {
  this.timeout(longestTestMs)
  let folder = ''
  before(function () {
    if (why !== '') this.skip()
  })
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'caisson-git-'))
    for (const name of ['repo', 'other']) makeRepository(join(folder, 'acme', `${name}.git`))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const outside = (allow: readonly AllowRule[]): Promise<Guarded<typeof forge>> =>
    guarded({ network: { allow }, sites: { [forge]: gitSite(folder) } })
  const headOf = (name: string): string =>
    git(join(folder, 'acme', `${name}.git`), 'log', '--format=%s')

  it('clones and fetches an allowed repository', async () => {
    await using world = await outside(read)
    expectDone(await world.run(shell(`git clone -q ${forge}/acme/repo.git /tmp/r`)))
    commitTo(join(folder, 'acme', 'repo.git'), 'second')
    const result = await world.run(
      shell('cd /tmp/r && git fetch -q && git log --format=%s origin/main'),
    )
    expectDone(result)
    expect(result.stdout).to.equal('second\nfirst\n')
  })

  it('does not clone another repository', async () => {
    await using world = await outside(read)
    const result = await world.run(shell(`git clone -q ${forge}/acme/other.git /tmp/r`))
    expectRefused(result, 'GET git.good.test/acme/other.git/info/refs')
    expect(result.stderr).to.include('403')
    expect(world.origins[forge].connections).to.equal(0)
  })

  it('pushes where that is allowed', async () => {
    await using world = await outside(write)
    expectDone(await world.run(push('repo')))
    expect(headOf('repo')).to.equal('from inside\nfirst\n')
  })

  it('does not push where only reading is allowed', async () => {
    await using world = await outside(read)
    expectRefused(
      await world.run(push('repo')),
      'POST git.good.test/acme/repo.git/git-receive-pack',
    )
    expect(world.origins[forge].seen.join()).to.not.include('POST /acme/repo.git/git-receive-pack')
    expect(headOf('repo')).to.equal('first\n')
  })

  it('does not push to another repository than the one that it may push to', async () => {
    await using world = await outside(write)
    expectRefused(await world.run(push('other')), 'GET git.good.test/acme/other.git/info/refs')
    expect(world.origins[forge].seen.join()).to.not.include('/acme/other.git')
    expect(headOf('other')).to.equal('first\n')
  })
})

const shell = (line: string): string[] => ['sh', '-c', line]

/** Clones `repo`, commits, and pushes to the repository that is named. */
function push(to: string): string[] {
  const commit = `git ${author.join(' ')} commit -q --allow-empty -m 'from inside'`
  const target = `${forge}/acme/${to}.git`
  return shell(
    `git clone -q ${forge}/acme/repo.git /tmp/r && cd /tmp/r && ${commit} && git push -q ${target} main`,
  )
}
