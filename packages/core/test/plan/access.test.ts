import type { Mount, MountAccess, SandboxPlan } from '@caisson/core'
import { parsePolicy, planSandbox, resolveAccess } from '@caisson/core'
import { expect } from 'chai'
import { factsFor, plan } from './facts.ts'
import { SeededRandom } from './seeded-random.ts'

const example = plan(
  {
    filesystem: {
      mounts: [
        { source: '/srv/repo', target: '/work', access: 'write' },
        { source: '/srv/docs', target: '/work/docs', access: 'read' },
        { source: '/srv/lib', target: '/lib-copy', access: 'overlay' },
        { source: '/tmp/x', access: 'write' },
      ],
      deny: ['**/.env', '/work/private'],
      protect: ['ci'],
    },
  },
  { mountPoints: { '/srv/repo/docs': 'directory' } },
)

describe('resolveAccess', () => {
  const table: readonly (readonly [string, string, string])[] = [
    ['/work', 'write', 'filesystem.mounts[0]'],
    ['/work/src/a.ts', 'write', 'filesystem.mounts[0]'],
    ['/work/.env', 'hidden', 'filesystem.deny[0]'],
    ['/work/a/b/.env', 'hidden', 'filesystem.deny[0]'],
    ['/work/a/b/.env/below', 'hidden', 'filesystem.deny[0]'],
    ['/work/private/x', 'hidden', 'filesystem.deny[1]'],
    ['/work/private2', 'write', 'filesystem.mounts[0]'],
    ['/work/ci/build.sh', 'protected', 'filesystem.protect[0]'],
    ['/work/a/ci', 'write', 'filesystem.mounts[0]'],
    ['/work/a/.git/hooks/pre-commit', 'protected', 'protectDefaults:.git/hooks'],
    ['/work/.git/index', 'write', 'filesystem.mounts[0]'],
    ['/work/ci/.env', 'hidden', 'filesystem.deny[0]'],
    ['/work/docs', 'read', 'filesystem.mounts[1]'],
    ['/work/docs/.env', 'hidden', 'filesystem.deny[0]'],
    ['/work/docs/.git/hooks', 'read', 'filesystem.mounts[1]'],
    ['/lib-copy/x', 'overlay', 'filesystem.mounts[2]'],
    ['/lib-copy/.npmrc', 'protected', 'protectDefaults:.npmrc'],
    ['/tmp/x/y', 'write', 'filesystem.mounts[3]'],
    ['/tmp/y', 'scratch', 'filesystem.tmpMiB'],
    ['/home/sandbox/.bashrc', 'scratch', 'filesystem.tmpMiB'],
    ['/home/ada', 'none', 'filesystem.system'],
    ['/usr/bin/node', 'system', 'filesystem.system'],
    ['/etc/passwd', 'system', 'filesystem.system'],
    ['/etc/shadow', 'none', 'filesystem.system'],
    ['/dev/null', 'system', 'filesystem.system'],
    ['/workshop', 'none', 'filesystem.system'],
    ['/', 'none', 'filesystem.system'],
    ['/work/docs/../.env', 'hidden', 'filesystem.deny[0]'],
    ['/work//x/./y/', 'write', 'filesystem.mounts[0]'],
    ['/../../work/x', 'write', 'filesystem.mounts[0]'],
  ]
  for (const [path, access, rule] of table) {
    it(`calls ${path} ${access}`, () => {
      expect(resolveAccess(example, path)).to.deep.equal({ access, rule })
    })
  }

  it('applies a rule for files to files, and to what it does not know', () => {
    expect(resolveAccess(example, '/work/.git', 'file').access).to.equal('protected')
    expect(resolveAccess(example, '/work/.git').access).to.equal('protected')
    expect(resolveAccess(example, '/work/.git', 'directory').access).to.equal('write')
    expect(resolveAccess(example, '/work/a/.git/x/.git', 'file').access).to.equal('protected')
  })
})

/** A policy of random mounts, globs and accesses, with a host on which it can be planned. */
function randomMounts(random: SeededRandom): readonly Mount[] {
  const names = ['a', 'b', 'c']
  const accesses: readonly MountAccess[] = ['read', 'write']
  const targets = new Set(
    random.list(1 + random.below(5), () =>
      ['', 't', ...random.list(random.below(3), () => random.pick(names))].join('/'),
    ),
  )
  return [...targets].map((target) => ({
    source: ['', 's', ...random.list(1 + random.below(2), () => random.pick(names))].join('/'),
    target,
    access: random.pick(accesses),
  }))
}

function randomGlobs(random: SeededRandom): readonly string[] {
  const parts = ['a', 'b', 'c', '*', '**', 'd']
  return random
    .list(random.below(4), () =>
      random.list(1 + random.below(3), () => random.pick(parts)).join('/'),
    )
    .filter((glob) => !/^[*/]+$/.test(glob))
}

interface Choice {
  readonly mounts: readonly Mount[]
  readonly deny: readonly string[]
  readonly protect: readonly string[]
}

/** Plans, or says that the policy contradicts itself. Every mount point exists on this host. */
function tryPlan(filesystem: Choice): SandboxPlan | undefined {
  const policy = parsePolicy({ filesystem: { ...filesystem, protectDefaults: false } })
  const mountPoints = new Proxy({}, { get: () => 'directory' })
  try {
    return planSandbox(policy, { ...factsFor(policy), mountPoints }, 'x')
  } catch {
    return undefined
  }
}

describe('resolveAccess, for any policy', () => {
  const paths = ['a', 'b', 'c', 'd'].flatMap((one) =>
    ['', '/a', '/b', '/d', '/a/c', '/b/a/d'].map((rest) => `/t/${one}${rest}`),
  )

  it('gives the same answer whatever the order of the lists', () => {
    const random = new SeededRandom(2026)
    let planned = 0
    for (let round = 0; round < 400; round += 1) {
      const choice = {
        mounts: randomMounts(random),
        deny: randomGlobs(random),
        protect: randomGlobs(random),
      }
      const shuffled = {
        mounts: random.shuffle(choice.mounts),
        deny: random.shuffle(choice.deny),
        protect: random.shuffle(choice.protect),
      }
      const [one, two] = [tryPlan(choice), tryPlan(shuffled)]
      expect(one === undefined, JSON.stringify(choice)).to.equal(two === undefined)
      if (one === undefined || two === undefined) continue
      planned += 1
      for (const path of paths) {
        const label = `${path} in ${JSON.stringify(choice)}`
        expect(resolveAccess(one, path).access, label).to.equal(resolveAccess(two, path).access)
      }
    }
    expect(planned).to.be.greaterThan(100)
  })

  it('never shows at one place a file that it hides at another', () => {
    const random = new SeededRandom(99)
    for (let round = 0; round < 400; round += 1) {
      const made = tryPlan({
        mounts: randomMounts(random),
        deny: randomGlobs(random),
        protect: [],
      })
      if (made === undefined) continue
      const seen = new Map<string, string>()
      for (const path of paths) {
        const mount = made.mounts
          .filter((one) => path === one.target || path.startsWith(`${one.target}/`))
          .at(-1)
        if (mount === undefined) continue
        const onHost = mount.source + path.slice(mount.target.length)
        const isHidden = String(resolveAccess(made, path).access === 'hidden')
        // Rules of other files on the way to a nested mount may hide more there, never less.
        const nested = made.mounts.some((one) => one !== mount && path.startsWith(`${one.target}/`))
        if (nested) continue
        expect(
          seen.get(onHost) ?? isHidden,
          `${onHost} in ${JSON.stringify(made.mounts)}`,
        ).to.equal(isHidden)
        seen.set(onHost, isHidden)
      }
    }
  })

  it('never answers more for a policy with one rule more', () => {
    const random = new SeededRandom(5)
    for (let round = 0; round < 400; round += 1) {
      const choice = { mounts: randomMounts(random), deny: randomGlobs(random), protect: [] }
      const [less, more] = [tryPlan({ ...choice, deny: choice.deny.slice(1) }), tryPlan(choice)]
      if (less === undefined || more === undefined) continue
      for (const path of paths) {
        const before = resolveAccess(less, path).access
        const after = resolveAccess(more, path).access
        expect(after === before || after === 'hidden', `${path}: ${before}, ${after}`).to.equal(
          true,
        )
      }
    }
  })
})
