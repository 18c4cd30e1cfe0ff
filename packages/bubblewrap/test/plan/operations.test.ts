import { expect } from 'chai'
import type { LimitPlacement } from '../../dist/plan/limit-placement.js'
import { setupOperations } from '../../dist/plan/operations.js'
import { exampleMount, examplePlan } from './example-plan.ts'

const seccomp = new Uint8Array(8)
const inCgroup: LimitPlacement = { memory: 'cgroup v1', pids: 'cgroup v1', cpus: 'cgroup v1' }
const byRlimit: LimitPlacement = { memory: 'rlimit', pids: 'rlimit', cpus: 'none' }

const common = [
  { kind: 'hide', path: '/.caisson' },
  { kind: 'read-only', path: '/proc/sys' },
  { kind: 'proc-check' },
  { kind: 'read-only', path: '/dev' },
  { kind: 'scratch', path: '/tmp' },
  { kind: 'scratch', path: '/home/sandbox' },
  { kind: 'read-only', path: '/' },
  { kind: 'rlimit', resource: 4, value: 0 },
]
const last = [
  { kind: 'identity', uid: 1000, gid: 1000 },
  { kind: 'seccomp', program: seccomp },
  { kind: 'lock' },
]

describe('setupOperations', () => {
  it('closes everything in order when nothing is mounted', () => {
    expect(setupOperations(examplePlan(), inCgroup, seccomp)).to.deep.equal([...common, ...last])
  })

  it('opens doors after everything that is mounted, before it gives its rights up', () => {
    const door = { kind: 'transparent', protocol: 'tcp', address: '0.0.0.0', port: 443 } as const
    const plan = examplePlan({ network: { kind: 'egress', doors: [door] } })
    expect(setupOperations(plan, inCgroup, seccomp)).to.deep.equal([
      ...common.slice(0, -1),
      { kind: 'doors', channel: 6, doors: [door] },
      ...common.slice(-1),
      ...last,
    ])
  })

  it('mounts first, in the order of the plan, with a size for overlays alone', () => {
    const deny = [{ rule: 'filesystem.deny[0]', components: ['.env'] }]
    const protect = [{ rule: 'protectDefaults:.git/hooks', components: ['.git', 'hooks'] }]
    const mounts = [
      exampleMount({ deny, protect }),
      exampleMount({ target: '/o', access: 'overlay', source: '/b' }),
      exampleMount({ target: '/f', access: 'read', kind: 'file' }),
    ]
    const mount = { kind: 'mount', deny: [], protect: [], upperBytes: 0, fileKind: 'directory' }
    expect(setupOperations(examplePlan({ mounts }), inCgroup, seccomp)).to.deep.equal([
      {
        ...mount,
        index: 0,
        access: 'write',
        staged: '/.caisson/m/0',
        target: '/work',
        deny,
        protect,
      },
      {
        ...mount,
        index: 1,
        access: 'overlay',
        staged: '/.caisson/m/1',
        target: '/o',
        upperBytes: 4194304,
      },
      {
        ...mount,
        index: 2,
        access: 'read',
        staged: '/.caisson/m/2',
        target: '/f',
        fileKind: 'file',
      },
      ...common,
      ...last,
    ])
  })

  it('limits memory and processes by rlimit where no cgroup does', () => {
    expect(setupOperations(examplePlan(), byRlimit, seccomp)).to.deep.equal([
      ...common,
      { kind: 'rlimit', resource: 2, value: 268435456 },
      { kind: 'rlimit', resource: 6, value: 64 },
      ...last,
    ])
  })
})
