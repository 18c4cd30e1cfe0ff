import type { Mount, MountAccess } from '@caisson/core'
import { parsePolicy, planSandbox } from '@caisson/core'
import { expect } from 'chai'
import { refusal } from '../policy/error-message.ts'
import { factsFor, type MadeUpHost, plan, planMounts } from './facts.ts'

const at = (source: string, access: MountAccess, target?: string): Mount =>
  target === undefined ? { source, access } : { source, access, target }

describe('planSandbox', () => {
  it('spells out every default of an empty policy', () => {
    const made = plan({})
    expect(made.mounts).to.deep.equal([])
    expect(made.image).to.equal(null)
    expect(made.network).to.deep.equal({ kind: 'none' })
    expect(made.workingDirectory).to.equal('/home/sandbox')
    expect(made.scratch).to.deep.equal({
      tmpBytes: 512 * 1024 * 1024,
      home: '/home/sandbox',
      homeBytes: 512 * 1024 * 1024,
    })
    expect(made.limits).to.deep.equal({
      cpus: null,
      memoryBytes: 2048 * 1024 * 1024,
      pids: 512,
      diskBytes: 1024 * 1024 * 1024,
      openFiles: 4096,
      wallTimeMs: null,
      outputBytes: null,
    })
    expect(made.process).to.deep.equal({
      uid: 1000,
      gid: 1000,
      hostname: 'sandbox',
      unixSockets: true,
    })
  })

  it('is frozen, and leaves the facts alone', () => {
    const policy = parsePolicy({ filesystem: { mounts: [at('/srv/a', 'write')] } })
    const facts = factsFor(policy)
    const made = planSandbox(policy, facts, 'x')
    expect(Object.isFrozen(made) && Object.isFrozen(made.mounts[0]?.protect)).to.equal(true)
    expect(Object.isFrozen(facts.system[0])).to.equal(false)
  })

  it('inherits LANG and TERM and nothing else, and lets the policy decide', () => {
    const { environment } = plan({ environment: { PATH: '/opt/x/bin', TOKEN: 't' } })
    expect(environment).to.deep.equal({
      HOME: '/home/sandbox',
      LANG: 'de_DE.UTF-8',
      LOGNAME: 'sandbox',
      PATH: '/opt/x/bin',
      SHELL: '/bin/sh',
      TERM: 'xterm',
      TMPDIR: '/tmp',
      TOKEN: 't',
      USER: 'sandbox',
    })
  })

  it('does not pass on odd values of LANG and TERM', () => {
    const policy = parsePolicy({})
    const environment = { LANG: 'x\ny', TERM: '../../x' }
    const made = planSandbox(policy, { ...factsFor(policy), environment }, 'x')
    expect([made.environment['LANG'], made.environment['TERM']]).to.deep.equal(['C.UTF-8', 'dumb'])
  })

  it('makes its own files of /etc, with no name of the host in them', () => {
    const files = plan({ process: { hostname: 'pit' } }).system.filter((one) => one.kind === 'file')
    expect(files.map((one) => one.path)).to.include.members(['/etc/passwd', '/etc/resolv.conf'])
    const text = JSON.stringify(files)
    expect(text).to.contain('sandbox:x:1000:1000').and.to.contain('localhost pit')
    expect(text).not.to.contain('ada')
  })

  it('shows no system at all when the policy says so', () => {
    const shown = plan({ filesystem: { system: 'none' } }).system.filter(
      (one) => one.kind !== 'file',
    )
    expect(shown).to.deep.equal([])
    const image = plan({ filesystem: { system: { image: 'debian:12' } } })
    expect(image.image).to.equal('debian:12')
    expect(image.system.filter((one) => one.kind !== 'file')).to.deep.equal([])
  })

  it('orders parents before what lies in them, whatever the order of the list', () => {
    const mounts = [
      at('/s/3', 'read', '/a/b/c'),
      at('/s/2', 'read', '/a/b'),
      at('/s/1', 'read', '/z'),
    ]
    const mountPoints = { '/s/2/c': 'directory' } as const
    const targets = planMounts(mounts, { mountPoints }).mounts.map((one) => one.target)
    expect(targets).to.deep.equal(['/z', '/a/b', '/a/b/c'])
    const again = planMounts(mounts.toReversed(), { mountPoints }).mounts.map((one) => one.target)
    expect(again).to.deep.equal(targets)
  })

  it('uses the canonical source as target, and starts in the first folder of the list', () => {
    const made = planMounts([at('./f', 'read'), at('./link', 'write'), at('/a', 'write')], {
      kinds: { './f': 'file' },
      links: { './f': '/srv/f', './link': '/srv/real' },
    })
    expect(made.mounts.map((one) => one.source)).to.deep.equal(['/a', '/srv/f', '/srv/real'])
    expect(made.mounts.every((one) => one.source === one.target)).to.equal(true)
    expect(made.workingDirectory).to.equal('/srv/real')
  })

  const refused: readonly (readonly [string, readonly Mount[], MadeUpHost, RegExp])[] = [
    [
      'a missing source',
      [at('/x', 'read')],
      { kinds: { '/x': 'missing' } },
      /does not exist; make/,
    ],
    ['a socket', [at('/x', 'read')], { kinds: { '/x': 'other' } }, /neither a folder nor a file/],
    ['an unreadable source', [at('/x', 'read')], { kinds: { '/x': 'unreadable' } }, /looked at/],
    ['the root', [at('/', 'read')], {}, /source is `\/`/],
    ['a link to the root', [at('/x', 'read')], { links: { '/x': '/' } }, /source is `\/`/],
    ['/home', [at('/home', 'read')], {}, /contains the home/],
    ['the home by accident', [at('.', 'read')], { links: { '.': '/home/ada' } }, /is the home/],
    ['the home by a link', [at('/x', 'read')], { links: { '/x': '/home/ada' } }, /is the home/],
    ['/tmp', [at('/tmp', 'write')], {}, /files of every program/],
    ['/proc', [at('/proc/self', 'read')], {}, /lies in \/proc/],
    ['/sys', [at('/sys', 'read')], {}, /lies in \/sys/],
    ['/dev', [at('/dev/shm', 'write')], {}, /lies in \/dev/],
    ['/run', [at('/x', 'read')], { links: { '/x': '/run/docker' } }, /lies in \/run/],
    ['an overlay of a file', [at('/x', 'overlay')], { kinds: { '/x': 'file' } }, /only folders/],
    ['one target twice', [at('/x', 'read', '/t'), at('/y', 'read', '/t')], {}, /mounts\[0\] too/],
    ['a target in /proc', [at('/x', 'read', '/proc/x')], {}, /is reserved/],
    ['a target in /dev', [at('/x', 'read', '/dev')], {}, /is reserved/],
    ['a target in /sys', [at('/x', 'read', '/sys/fs')], {}, /is reserved/],
    ['a target in /.caisson', [at('/x', 'read', '/.caisson')], {}, /is reserved/],
    ['a target over /tmp', [at('/x', 'read', '/tmp')], {}, /cover the private \/tmp/],
    ['a target over the home', [at('/x', 'read', '/home')], {}, /cover the private/],
    ['a target over /usr', [at('/x', 'read', '/usr')], {}, /cover \/usr/],
    ['a target over /etc', [at('/x', 'read', '/etc')], {}, /cover \/etc/],
    ['a target through a link', [at('/x', 'read', '/bin/x')], {}, /no folder inside/],
    ['a target under a made file', [at('/x', 'read', '/etc/passwd/x')], {}, /no folder inside/],
    ['a target missing in /usr', [at('/x', 'read', '/usr/x')], {}, /lands on \/usr\/x/],
    [
      'a target missing in a writable mount',
      [at('/x', 'write', '/w'), at('/y', 'read', '/w/y')],
      {},
      /lands on \/x\/y, which is missing/,
    ],
    [
      'a target that is a link in its mount',
      [at('/x', 'overlay', '/w'), at('/y', 'read', '/w/y')],
      { mountPoints: { '/x/y': 'symlink' } },
      /through a symbolic link/,
    ],
    [
      'a folder on a file',
      [at('/x', 'read', '/w'), at('/y', 'read', '/w/y')],
      { mountPoints: { '/x/y': 'file' } },
      /is a file/,
    ],
    [
      'a target below a mounted file',
      [at('/f', 'read', '/w'), at('/y', 'read', '/w/y')],
      { kinds: { '/f': 'file' } },
      /lies below the file/,
    ],
    [
      'an overlay that a write mount can change elsewhere',
      [at('/x', 'overlay', '/o'), at('/x/sub', 'write', '/w')],
      {},
      /overlaps/,
    ],
    [
      'an overlay inside a write mount that shows it too',
      [at('/x/sub', 'overlay', '/o'), at('/x', 'write', '/w')],
      {},
      /overlaps/,
    ],
    [
      'the same overlay twice',
      [at('/x', 'overlay', '/a'), at('/x', 'overlay', '/b')],
      {},
      /overlaps/,
    ],
    [
      'a write mount of hooks',
      [at('/r/.git/hooks', 'write')],
      {},
      /kept read-only by protectDefaults/,
    ],
    ['a write mount below .ssh', [at('/r/.ssh/x', 'write')], {}, /protectDefaults:\.ssh/],
  ]
  for (const [title, mounts, host, message] of refused) {
    it(`refuses ${title}, with a remedy`, () => {
      const said = refusal(() => planMounts(mounts, host))
      expect(said).to.match(/^POLICY_INVALID filesystem\.mounts\[\d+\]: .+; .+/)
      expect(said).to.match(message)
    })
  }

  const accepted: readonly (readonly [string, readonly Mount[], MadeUpHost])[] = [
    ['the home that the policy writes out', [at('/home/ada', 'read')], {}],
    ['a folder in /tmp at its own place', [at('/tmp/work', 'write')], {}],
    [
      'a folder in /usr that is there',
      [at('/x', 'read', '/usr/x')],
      { mountPoints: { '/usr/x': 'directory' } },
    ],
    [
      'a mount point that is missing in an overlay',
      [at('/x', 'overlay', '/w'), at('/y', 'read', '/w/y')],
      {},
    ],
    [
      'a write mount at its own place in an overlay',
      [at('/x', 'overlay', '/w'), at('/x/out', 'write', '/w/out')],
      { mountPoints: { '/x/out': 'directory' } },
    ],
    ['one source read and written', [at('/x', 'read', '/r'), at('/x', 'write', '/w')], {}],
    ['hooks to read', [at('/r/.git/hooks', 'read')], {}],
    ['a worktree below a folder of an agent', [at('/r/.claude/worktrees/x', 'write')], {}],
  ]
  for (const [title, mounts, host] of accepted) {
    it(`takes ${title}`, () => {
      expect(planMounts(mounts, host).mounts).to.have.length(mounts.length)
    })
  }

  it('lets only root choose another user', () => {
    expect(refusal(() => plan({ process: { user: 5 } }))).to.match(/process\.user: only root/)
    expect(plan({ process: { user: 5 } }, { uid: 0 }).process).to.include({ uid: 5, gid: 5 })
    expect(plan({ process: { user: 1000 } }).process.uid).to.equal(1000)
  })

  it('refuses facts of another policy', () => {
    const facts = factsFor(parsePolicy({ filesystem: { mounts: [at('/a', 'read')] } }))
    const other = parsePolicy({ filesystem: { mounts: [at('/b', 'read')] } })
    expect(refusal(() => planSandbox(other, facts, 'x'))).to.match(/facts are those of another/)
  })

  it('refuses an id that is no plain name', () => {
    for (const id of ['', '../x', 'a b', 'x'.repeat(65)]) {
      expect(() => planSandbox(parsePolicy({}), factsFor({}), id), id).to.throw(TypeError)
    }
  })

  const unsupported: readonly (readonly [string, unknown])[] = [
    ['network.allow', { network: { allow: ['example.com'] } }],
    ['network.mode', { network: { mode: 'observe' } }],
    ['network.addresses.allow', { network: { addresses: { allow: ['10.0.0.0/8'] } } }],
    ['credentials', { credentials: { a: { source: { env: 'A' }, carrier: { header: 'x-a' } } } }],
  ]
  for (const [clause, input] of unsupported) {
    it(`refuses ${clause} by name`, () => {
      expect(refusal(() => plan(input))).to.match(
        new RegExp(`^POLICY_UNSUPPORTED ${clause.replaceAll('.', '\\.')}: `),
      )
    })
  }

  it('takes a network policy that allows nothing', () => {
    const network = { allow: [], deny: ['example.com'], addresses: { deny: ['10.0.0.0/8'] } }
    expect(plan({ network }).network.kind).to.equal('none')
  })
})
