import { expect } from 'chai'
import type { CgroupPlace } from '../../dist/cgroup/place.js'
import { placeLimits } from '../../dist/plan/limit-placement.js'

const v1: CgroupPlace = { version: 'v1', memory: '/m', pids: '/p' }
const v2: CgroupPlace = { version: 'v2', memory: '/c', pids: '/c', cpu: '/c' }
const user = { kernelUid: 1000, kernel: [6, 1] as const }

const table = [
  ['uses version 2 for all', v2, user, ['cgroup v2', 'cgroup v2', 'cgroup v2']],
  ['uses the controllers that there are', v1, user, ['cgroup v1', 'cgroup v1', 'none']],
  ['falls back to rlimits', null, user, ['rlimit', 'rlimit', 'none']],
  [
    'does not claim a bound on processes for root, whom rlimits do not bind',
    null,
    { ...user, kernelUid: 0 },
    ['rlimit', 'none', 'none'],
  ],
  [
    'does not claim one where the kernel counts the whole user',
    null,
    { ...user, kernel: [5, 13] as const },
    ['rlimit', 'none', 'none'],
  ],
] as const

describe('placeLimits', () => {
  for (const [title, place, host, [memory, pids, cpus]] of table)
    it(title, () => {
      expect(placeLimits(place, host)).to.deep.equal({ memory, pids, cpus })
    })
})
