import type { PlannedLimits } from '@caisson/core'
import { expect } from 'chai'
import type { CgroupPlace } from '../../dist/cgroup/place.js'
import { counterIn, limitsBetween } from '../../dist/cgroup/counters.js'
import { cgroupPrefix, hostOfCgroup, startTimeOf } from '../../dist/cgroup/name.js'
import { cgroupFolders, cgroupSettings } from '../../dist/cgroup/settings.js'
import { examplePlan } from '../plan/example-plan.ts'

const limits = { ...examplePlan().limits, cpus: 1.5 }
const v2 = { version: 'v2', memory: '/c', pids: '/c', cpu: '/c' } as const
const v1 = { version: 'v1', memory: '/m', pids: '/p', cpu: '/u' } as const

function lines(place: CgroupPlace, changed: PlannedLimits = limits): string[] {
  return cgroupSettings(place, 'n', changed).map(
    ({ folder, file, value }) => `${folder}/${file} = ${value}`,
  )
}

describe('cgroupSettings', () => {
  it('bounds memory, swap, processes and processors on version 2', () => {
    expect(lines(v2)).to.deep.equal([
      '/c/n/memory.max = 268435456',
      '/c/n/memory.swap.max = 0',
      '/c/n/pids.max = 64',
      '/c/n/cpu.max = 150000 100000',
    ])
    expect(cgroupFolders(v2, 'n', limits)).to.deep.equal(['/c/n'])
  })

  it('bounds the same on version 1, memory before memory with swap', () => {
    expect(lines(v1)).to.deep.equal([
      '/m/n/memory.limit_in_bytes = 268435456',
      '/m/n/memory.memsw.limit_in_bytes = 268435456',
      '/p/n/pids.max = 64',
      '/u/n/cpu.cfs_period_us = 100000',
      '/u/n/cpu.cfs_quota_us = 150000',
    ])
    expect(cgroupFolders(v1, 'n', limits)).to.deep.equal(['/m/n', '/p/n', '/u/n'])
    expect(cgroupFolders(v1, 'n', { ...limits, cpus: null })).to.deep.equal(['/m/n', '/p/n'])
  })

  it('asks for no smaller share of a processor than the kernel takes', () => {
    expect(lines(v2, { ...limits, cpus: 0.001 }).at(-1)).to.equal('/c/n/cpu.max = 1000 100000')
  })

  it('sets no processor bound that the plan does not have', () => {
    expect(lines(v2, { ...limits, cpus: null })).to.have.length(3)
  })
})

describe('cgroup counters', () => {
  it('are read by their word, at the start of a line', () => {
    const text = 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n'
    expect(counterIn(text, 'oom_kill')).to.equal(3)
    expect(counterIn('max 7', 'max')).to.equal(7)
    expect(counterIn('', 'max')).to.equal(0)
  })

  it('tell which limits were hit in between', () => {
    const before = { memory: 1, pids: 1 }
    expect(limitsBetween(before, before)).to.deep.equal([])
    expect(limitsBetween(before, { memory: 2, pids: 9 })).to.deep.equal(['memory', 'pids'])
  })
})

describe('cgroup names', () => {
  it('tell the host process that made them', () => {
    const host = { pidNamespace: '4026531836', pid: 42, startTime: '777' }
    expect(hostOfCgroup(`${cgroupPrefix(host)}abc-1`)).to.deep.equal(host)
    expect(hostOfCgroup('system.slice')).to.equal(null)
  })

  it('find the start time behind a command name with blanks and brackets', () => {
    const rest = Array.from({ length: 19 }, (_, index) => String(index)).join(' ')
    expect(startTimeOf(`42 (a) b) S ${rest} 0`)).to.equal('18')
    expect(startTimeOf('')).to.equal(null)
  })
})
