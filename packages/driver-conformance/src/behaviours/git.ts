import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { Behaviour, ConformanceContext } from '../behaviour.ts'
import { printed, shell } from '../inside.ts'
import { gitEnvironment, gitOnHost, makeRepositories, makeRepository } from '../repository.ts'

const area = 'git'
const tools = ['git']

/** Runs one script of git commands in a fresh repository under the default protection. */
async function works(context: ConformanceContext, script: string): Promise<string> {
  const project = await makeRepository(context, join(context.workDir, 'project'))
  const sandbox = await context.createSandbox({
    filesystem: { mounts: [{ source: project, access: 'write' }] },
    environment: gitEnvironment,
  })
  printed(await shell(sandbox, `set -e; ${script}`, { options: { cwd: project } }))
  return project
}

/** Ordinary work that protection must not stand in the way of. */
export const gitBehaviours: readonly Behaviour[] = [
  {
    id: 'git.commit',
    area,
    tools,
    title: 'lets git add and commit; the host sees the commit and a clean tree',
    async run(context) {
      const script =
        'echo two >> tracked; echo new > added; git add .; git commit -qm second; test -z "$(git status --porcelain)"'
      const project = await works(context, script)
      assert.equal(await gitOnHost(context, project, 'log', '--format=%s', '-1'), 'second')
      assert.equal(await gitOnHost(context, project, 'status', '--porcelain'), '')
    },
  },
  {
    id: 'git.branches',
    area,
    tools,
    title: 'lets git branch, check out, merge and rebase',
    async run(context) {
      const script = [
        'git checkout -qb side; echo side > side; git add side; git commit -qm side',
        'git checkout -q main; echo main > main; git add main; git commit -qm main',
        'git checkout -q side; git rebase -q main; git checkout -q main; git merge -q --no-edit side',
        'git switch -qc other; git switch -q main; git branch -q third; git reset -q --hard HEAD~1',
      ].join('; ')
      const project = await works(context, script)
      assert.match(await gitOnHost(context, project, 'branch', '--list'), /side/)
      assert.equal(await gitOnHost(context, project, 'status', '--porcelain'), '')
    },
  },
  {
    id: 'git.upkeep',
    area,
    tools,
    title: 'lets git stash, tag, cherry-pick and collect garbage',
    async run(context) {
      const script = [
        'echo dirty >> tracked; git stash -q; test -z "$(git status --porcelain)"; git stash pop -q; git checkout -q tracked',
        'git tag light; git tag -am annotated heavy; git checkout -qb pick; echo p > p; git add p; git commit -qm pick',
        'git checkout -q main; git cherry-pick pick; git gc -q; git fsck --strict',
      ].join('; ')
      const project = await works(context, script)
      assert.equal(await gitOnHost(context, project, 'tag', '--list'), 'heavy\nlight')
    },
  },
  {
    id: 'git.worktree',
    area,
    tools,
    title: 'lets git work in a worktree that exists, and add and remove one',
    async run(context) {
      const { root, worktree } = await makeRepositories(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: root, access: 'write' }] },
        environment: gitEnvironment,
      })
      const inTree =
        'set -e; echo t > t; git add t; git commit -qm tree; test -z "$(git status --porcelain)"'
      printed(await shell(sandbox, inTree, { options: { cwd: worktree } }))
      const add =
        'set -e; git worktree add -q ../second -b second; cd ../second; echo s > s; git add s; git commit -qm s'
      printed(await shell(sandbox, add, { options: { cwd: join(root, 'main') } }))
      assert.equal(await gitOnHost(context, worktree, 'log', '--format=%s', '-1'), 'tree')
      assert.equal(await gitOnHost(context, join(root, 'second'), 'log', '--format=%s', '-1'), 's')
    },
  },
  {
    id: 'git.submodule',
    area,
    tools,
    title: 'lets git commit in a submodule that exists, and record it',
    async run(context) {
      const { root, main, submodule } = await makeRepositories(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: root, access: 'write' }] },
        environment: gitEnvironment,
      })
      const inside =
        'set -e; git checkout -q --detach; echo v > v; git add v; git commit -qm vendored'
      printed(await shell(sandbox, inside, { options: { cwd: submodule } }))
      const outer =
        'set -e; git add vendored; git commit -qm bump; git submodule status; test -z "$(git status --porcelain)"'
      printed(await shell(sandbox, outer, { options: { cwd: main } }))
      assert.equal(await gitOnHost(context, submodule, 'log', '--format=%s', '-1'), 'vendored')
      assert.equal(await gitOnHost(context, main, 'status', '--porcelain'), '')
    },
  },
  {
    id: 'git.status-clean',
    area,
    tools,
    title: 'shows a clean tree inside and outside although things are protected and denied',
    async run(context) {
      const project = await makeRepository(context, join(context.workDir, 'project'))
      const sandbox = await context.createSandbox({
        filesystem: {
          mounts: [{ source: project, access: 'write' }],
          protect: ['tracked', 'absent'],
          deny: ['**/.env'],
        },
        environment: gitEnvironment,
      })
      const inside = await shell(sandbox, 'git status --porcelain', { options: { cwd: project } })
      assert.equal(printed(inside), '')
      assert.equal(await gitOnHost(context, project, 'status', '--porcelain'), '')
    },
  },
]
