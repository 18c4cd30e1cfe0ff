import type { Mount, MountAccess } from '@caisson/core'
import { resolveAccess } from '@caisson/core'
import { expect } from 'chai'
import { refusal } from '../policy/error-message.ts'
import { type MadeUpHost, plan, planMounts } from './facts.ts'

const at = (source: string, access: MountAccess, target?: string): Mount =>
  target === undefined ? { source, access } : { source, access, target }

describe('planSandbox, rules of paths', () => {
  const rule = (input: unknown, path: string, host?: MadeUpHost): string => {
    const { access, rule: by } = resolveAccess(plan(input, host), path)
    return `${access} ${by}`
  }

  it('protects nothing in a mount that cannot be written', () => {
    expect(planMounts([at('/r', 'read')]).mounts[0]?.protect).to.deep.equal([])
    expect(planMounts([at('/r', 'write')]).mounts[0]?.protect.length).to.be.greaterThan(100)
    const off = plan({ filesystem: { mounts: [at('/r', 'write')], protectDefaults: false } })
    expect(off.mounts[0]?.protect).to.deep.equal([])
  })

  it('protects a mount that begins inside .git like the repository around it', () => {
    const inside = { filesystem: { mounts: [at('/r/.git', 'write', '/g')] } }
    expect(rule(inside, '/g/hooks/pre-commit')).to.equal('protected protectDefaults:.git/hooks')
    expect(rule(inside, '/g/config')).to.equal('protected protectDefaults:.git/config')
    expect(rule(inside, '/g/HEAD')).to.equal('write filesystem.mounts[0]')
    const outside = { filesystem: { mounts: [at('/plain', 'write', '/g')] } }
    expect(rule(outside, '/g/hooks/pre-commit')).to.equal('write filesystem.mounts[0]')
  })

  it('protects a mount that is placed at .git inside', () => {
    const placed = { filesystem: { mounts: [at('/plain', 'write', '/x/.git')] } }
    expect(rule(placed, '/x/.git/config')).to.equal('protected protectDefaults:.git/config')
  })

  it('hides at every place what is hidden at one: a deeper mount of the same files', () => {
    const filesystem = {
      mounts: [at('/r', 'read', '/r'), at('/r/sub', 'write', '/s')],
      deny: ['sub/key', '/r/sub/other'],
    }
    expect(rule({ filesystem }, '/r/sub/key')).to.equal('hidden filesystem.deny[0]')
    expect(rule({ filesystem }, '/s/key')).to.equal('hidden filesystem.deny[0]')
    expect(rule({ filesystem }, '/s/other')).to.equal('hidden filesystem.deny[1]')
    expect(rule({ filesystem }, '/s/fine')).to.equal('write filesystem.mounts[1]')
  })

  it('hides at every place what is hidden at one: a wider mount of the same files', () => {
    const filesystem = {
      mounts: [at('/r', 'read', '/r'), at('/r/sub', 'write', '/s')],
      deny: ['/s/key'],
      protect: ['/s/ci'],
    }
    expect(rule({ filesystem }, '/r/sub/key')).to.equal('hidden filesystem.deny[0]')
    expect(rule({ filesystem }, '/s/ci/x')).to.equal('protected filesystem.protect[0]')
    expect(rule({ filesystem }, '/r/sub/ci/x')).to.equal('read filesystem.mounts[0]')
  })

  it('hides in both twins what an absolute glob hides in one', () => {
    const filesystem = {
      mounts: [at('/r', 'read', '/a'), at('/r', 'write', '/b')],
      deny: ['/a/key'],
    }
    expect(rule({ filesystem }, '/b/key')).to.equal('hidden filesystem.deny[0]')
  })

  it('carries a glob into a mount of other files nested on its way', () => {
    const filesystem = {
      mounts: [at('/r', 'read', '/r'), at('/o', 'read', '/r/a')],
      deny: ['a/key'],
    }
    const host = { mountPoints: { '/r/a': 'directory' } } as const
    expect(rule({ filesystem }, '/r/a/key', host)).to.equal('hidden filesystem.deny[0]')
  })

  const contradictions: readonly (readonly [string, object, MadeUpHost, RegExp])[] = [
    [
      'a mount that a glob hides as a whole',
      { mounts: [at('/r', 'read'), at('/r/key', 'read')], deny: ['key'] },
      { mountPoints: { '/r/key': 'directory' } },
      /hidden as a whole by filesystem\.deny\[0\]/,
    ],
    [
      'a mount inside a hidden folder, when the glob names that as well',
      { mounts: [at('/r', 'read'), at('/r/key/a', 'read')], deny: ['key', 'key/*'] },
      { mountPoints: { '/r/key/a': 'directory' } },
      /hidden as a whole/,
    ],
    [
      'files of a hidden folder mounted elsewhere',
      { mounts: [at('/r', 'read'), at('/r/key/a', 'read', '/k')], deny: ['key'] },
      {},
      /hidden as a whole/,
    ],
    [
      'hidden files mounted elsewhere',
      { mounts: [at('/r', 'read'), at('/r/key', 'read', '/k')], deny: ['key'] },
      {},
      /hidden as a whole/,
    ],
    [
      'protected files mounted writable elsewhere',
      { mounts: [at('/r', 'write'), at('/r/ci', 'write', '/k')], protect: ['ci'] },
      {},
      /kept read-only as a whole by filesystem\.protect\[0\]/,
    ],
    [
      'a glob of everything',
      { mounts: [at('/r', 'read')], deny: ['**'] },
      {},
      /matches everything/,
    ],
    [
      'an absolute glob outside',
      { mounts: [at('/r', 'read')], deny: ['/x/y'] },
      {},
      /lies in no mount/,
    ],
    [
      'an absolute glob of the mount',
      { mounts: [at('/r', 'read')], deny: ['/r'] },
      {},
      /as a whole/,
    ],
  ]
  for (const [title, filesystem, host, message] of contradictions) {
    it(`refuses ${title}`, () => {
      const said = refusal(() => plan({ filesystem }, host))
      expect(said).to.match(/^POLICY_INVALID /)
      expect(said).to.match(message)
    })
  }

  it('lets a writable mount inside a protected folder win, as the more specific one', () => {
    const filesystem = { mounts: [at('/r', 'write'), at('/r/ci/out', 'write')], protect: ['ci'] }
    const host = { mountPoints: { '/r/ci/out': 'directory' } } as const
    expect(rule({ filesystem }, '/r/ci/x', host)).to.equal('protected filesystem.protect[0]')
    expect(rule({ filesystem }, '/r/ci/out/x', host)).to.equal('write filesystem.mounts[1]')
  })

  it('lets a mount inside a hidden folder win, as the more specific one', () => {
    const filesystem = {
      mounts: [at('/r', 'write'), at('/r/key/a', 'read')],
      deny: ['**/key', '**/.env'],
    }
    const host = { mountPoints: { '/r/key/a': 'directory' } } as const
    expect(rule({ filesystem }, '/r/key', host)).to.equal('hidden filesystem.deny[0]')
    expect(rule({ filesystem }, '/r/key/x', host)).to.equal('hidden filesystem.deny[0]')
    expect(rule({ filesystem }, '/r/key/a/x', host)).to.equal('read filesystem.mounts[1]')
    expect(rule({ filesystem }, '/r/key/a/key', host)).to.equal('hidden filesystem.deny[0]')
    expect(rule({ filesystem }, '/r/key/a/.env', host)).to.equal('hidden filesystem.deny[1]')
  })

  it('refuses more rules than the guest takes', () => {
    const mounts = [at('/r', 'read')]
    const deny = Array.from({ length: 500 }, (_, index) => `${'a/'.repeat(20)}secret-${index}`)
    expect(refusal(() => plan({ filesystem: { mounts, deny } }))).to.match(/use fewer globs/)
  })
})
