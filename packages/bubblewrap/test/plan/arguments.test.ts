import type { SandboxPlan } from '@caisson/core'
import { expect } from 'chai'
import { bwrapOptions, type Wiring } from '../../dist/plan/arguments.js'
import { exampleMount, examplePlan } from './example-plan.ts'

const wiring: Wiring = { status: 5, init: { path: '/lib/init' }, files: [], mounts: [] }

const isolation =
  '--unshare-user --unshare-pid --unshare-net --unshare-ipc --unshare-uts --unshare-cgroup ' +
  '--as-pid-1 --die-with-parent --new-session --uid 0 --gid 0 --cap-add ALL'
const start = `${isolation} --hostname sandbox --json-status-fd 5 --perms 0755 --dir /etc --perms 0755 --dir /home`
const scratch =
  '--proc /proc --dev /dev --perms 1777 --size 1048576 --tmpfs /dev/shm ' +
  '--perms 1777 --size 1048576 --tmpfs /tmp --perms 0700 --size 2097152 --tmpfs /home/sandbox'
const init = '--ro-bind /lib/init /.caisson/caisson-init'
const end = '--chdir /'

const table: [
  title: string,
  plan: Partial<SandboxPlan>,
  wiring: Partial<Wiring>,
  expected: string,
][] = [
  ['isolates everything for an empty plan', {}, {}, `${start} ${scratch} ${init} ${end}`],
  [
    'shows the system view before the private folders, in the order of the plan',
    {
      system: [
        { kind: 'bind', path: '/usr' },
        { kind: 'link', path: '/bin', to: 'usr/bin' },
        { kind: 'file', path: '/etc/passwd', content: 'x' },
        { kind: 'file', path: '/etc/hosts', content: 'y' },
      ],
    },
    { files: [6, 7] },
    `${start} --ro-bind /usr /usr --symlink usr/bin /bin --perms 0644 --file 6 /etc/passwd ` +
      `--perms 0644 --file 7 /etc/hosts ${scratch} ${init} ${end}`,
  ],
  [
    'stages only writable mounts writable, an overlay not',
    {
      mounts: [
        exampleMount({ source: '/a', access: 'read' }),
        exampleMount({ source: '/b', access: 'write' }),
        exampleMount({ source: '/c', access: 'overlay' }),
      ],
    },
    { mounts: [{ path: '/a' }, { path: '/b' }, { path: '/c' }] },
    `${start} ${scratch} ${init} --ro-bind /a /.caisson/m/0 --bind /b /.caisson/m/1 ` +
      `--ro-bind /c /.caisson/m/2 ${end}`,
  ],
  [
    'takes the variables away that tell of a channel for doors',
    {
      network: {
        kind: 'egress',
        doors: [{ kind: 'proxy', protocol: 'tcp', address: '127.0.0.1', port: 3128 }],
      },
    },
    {},
    `${start} ${scratch} ${init} --unsetenv NODE_CHANNEL_FD ` +
      `--unsetenv NODE_CHANNEL_SERIALIZATION_MODE ${end}`,
  ],
  [
    'has no channel for a way out without doors',
    { network: { kind: 'egress', doors: [] } },
    {},
    `${start} ${scratch} ${init} ${end}`,
  ],
  [
    'binds open descriptors where bwrap can',
    { mounts: [exampleMount({ access: 'write' }), exampleMount({ access: 'read' })] },
    { init: { descriptor: 6 }, mounts: [{ descriptor: 7 }, { descriptor: 8 }] },
    `${start} ${scratch} --ro-bind-fd 6 /.caisson/caisson-init --bind-fd 7 /.caisson/m/0 ` +
      `--ro-bind-fd 8 /.caisson/m/1 ${end}`,
  ],
]

describe('bwrapOptions', () => {
  for (const [title, plan, change, expected] of table)
    it(title, () => {
      expect(bwrapOptions(examplePlan(plan), { ...wiring, ...change }).join(' ')).to.equal(expected)
    })

  it('leaves targets, rules, variables and file contents out', () => {
    const mount = exampleMount({
      target: '/secret-target',
      deny: [{ rule: 'filesystem.deny[0]', components: ['secret-deny'] }],
      protect: [{ rule: 'filesystem.protect[0]', components: ['secret-protect'] }],
    })
    const plan = examplePlan({
      mounts: [mount],
      environment: { TOKEN: 'secret-value' },
      system: [{ kind: 'file', path: '/etc/x', content: 'secret-content' }],
    })
    expect(bwrapOptions(plan, { ...wiring, files: [6] }).join(' ')).not.to.contain('secret')
  })
})
