import { expect } from 'chai'
import { type CgroupPlace, findCgroupPlace } from '../../dist/cgroup/place.js'

interface Case {
  readonly title: string
  readonly files: Record<string, string>
  readonly writable: readonly string[]
  readonly root?: string
  readonly expected: CgroupPlace | null
}

const v2Mount = '30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n'
const v1Mounts =
  '31 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n' +
  '32 23 0:28 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n' +
  '33 23 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n'
const app = '/sys/fs/cgroup/user.slice/user@1000.service/app.slice'

const cases: Case[] = [
  {
    title: 'takes the delegated folder above the own cgroup of version 2',
    files: {
      '/proc/self/mountinfo': v2Mount,
      '/proc/self/cgroup': '0::/user.slice/user@1000.service/app.slice/run.scope\n',
      [`${app}/run.scope/cgroup.subtree_control`]: '\n',
      [`${app}/cgroup.subtree_control`]: 'cpu memory pids\n',
    },
    writable: [app, `${app}/cgroup.procs`, `${app}/run.scope`],
    expected: { version: 'v2', memory: app, pids: app, cpu: app },
  },
  {
    title: 'does not claim processors that were not delegated',
    files: {
      '/proc/self/mountinfo': v2Mount,
      '/proc/self/cgroup': '0::/\n',
      '/sys/fs/cgroup/cgroup.subtree_control': 'memory pids\n',
    },
    writable: ['/sys/fs/cgroup', '/sys/fs/cgroup/cgroup.procs'],
    expected: {
      version: 'v2',
      memory: '/sys/fs/cgroup',
      pids: '/sys/fs/cgroup',
      cpu: undefined,
    },
  },
  {
    title: 'finds none when processes could not be moved there',
    files: {
      '/proc/self/mountinfo': v2Mount,
      '/proc/self/cgroup': '0::/\n',
      '/sys/fs/cgroup/cgroup.subtree_control': 'cpu memory pids\n',
    },
    writable: ['/sys/fs/cgroup'],
    expected: null,
  },
  {
    title: 'takes the own cgroups of version 1, each in its hierarchy',
    files: {
      '/proc/self/mountinfo': v1Mounts,
      '/proc/self/cgroup': '4:memory:/jobs/a\n3:pids:/\n2:cpu,cpuacct:/jobs\n',
    },
    writable: [
      '/sys/fs/cgroup/memory/jobs/a',
      '/sys/fs/cgroup/pids',
      '/sys/fs/cgroup/cpu,cpuacct/jobs',
    ],
    expected: {
      version: 'v1',
      memory: '/sys/fs/cgroup/memory/jobs/a',
      pids: '/sys/fs/cgroup/pids',
      cpu: '/sys/fs/cgroup/cpu,cpuacct/jobs',
    },
  },
  {
    title: 'uses version 1 when version 2 is mounted beside it without controllers',
    files: {
      '/proc/self/mountinfo': `${v1Mounts}34 23 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n`,
      '/proc/self/cgroup': '4:memory:/\n3:pids:/\n0::/\n',
      '/sys/fs/cgroup/unified/cgroup.subtree_control': '\n',
    },
    writable: ['/sys/fs/cgroup/memory', '/sys/fs/cgroup/pids', '/sys/fs/cgroup/unified'],
    expected: {
      version: 'v1',
      memory: '/sys/fs/cgroup/memory',
      pids: '/sys/fs/cgroup/pids',
      cpu: undefined,
    },
  },
  {
    title: 'follows the mount of a container, whose root is not the root',
    files: {
      '/proc/self/mountinfo':
        '31 23 0:27 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n',
      '/proc/self/cgroup': '4:memory:/docker/abc/inner\n',
    },
    writable: ['/sys/fs/cgroup/memory/inner'],
    expected: {
      version: 'v1',
      memory: '/sys/fs/cgroup/memory/inner',
      pids: undefined,
      cpu: undefined,
    },
  },
  {
    title: 'finds none for an ordinary user without delegation',
    files: { '/proc/self/mountinfo': v1Mounts, '/proc/self/cgroup': '4:memory:/\n3:pids:/\n' },
    writable: [],
    expected: null,
  },
  { title: 'finds none where nothing can be read', files: {}, writable: [], expected: null },
  {
    title: 'takes the folder that the options name, if it can be used',
    files: { '/given/cgroup.subtree_control': 'cpu memory pids' },
    writable: ['/given', '/given/cgroup.procs'],
    root: '/given',
    expected: { version: 'v2', memory: '/given', pids: '/given', cpu: '/given' },
  },
]

describe('findCgroupPlace', () => {
  for (const { title, files, writable, root, expected } of cases)
    it(title, () => {
      const view = {
        read: (path: string) => files[path] ?? null,
        isWritable: (path: string) => writable.includes(path),
      }
      expect(findCgroupPlace(view, root ?? null)).to.deep.equal(expected)
    })
})
