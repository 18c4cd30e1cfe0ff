import type { SandboxPlan } from '@caisson/core'
import { expect } from 'chai'
import { enforcementReport } from '../dist/enforcement.js'
import type { LimitPlacement } from '../dist/plan/limit-placement.js'
import { exampleMount, examplePlan } from './plan/example-plan.ts'

const full: LimitPlacement = { memory: 'cgroup v2', pids: 'cgroup v2', cpus: 'cgroup v2' }
const none: LimitPlacement = { memory: 'rlimit', pids: 'none', cpus: 'none' }
const rule = [{ rule: 'filesystem.deny[0]', components: ['.env'] }]

function clauses(plan: Partial<SandboxPlan>, placement = full): Map<string, string> {
  const report = enforcementReport(examplePlan(plan), placement)
  return new Map(report.clauses.map(({ clause, by }) => [clause, by]))
}

describe('enforcementReport', () => {
  it('names the kernel for everything in a plain plan', () => {
    expect([...new Set(clauses({}).values())]).to.deep.equal(['kernel'])
  })

  it('says that deny holds for what exists at the start', () => {
    for (const access of ['read', 'write', 'overlay'] as const)
      expect(
        clauses({ mounts: [exampleMount({ access, deny: rule })] }).get('filesystem.deny'),
      ).to.equal('launch')
  })

  it('says that protect holds for what exists at the start, but in overlays for good', () => {
    const mounts = (access: 'write' | 'overlay') => [exampleMount({ access, protect: rule })]
    expect(clauses({ mounts: mounts('write') }).get('filesystem.protect')).to.equal('launch')
    expect(clauses({ mounts: mounts('overlay') }).get('filesystem.protect')).to.equal('kernel')
  })

  it('names the proxy for a network that has a way out, and the kernel for one that has none', () => {
    const network = { kind: 'egress', doors: [] } as const
    expect(clauses({ network }).get('network')).to.equal('proxy')
    expect(clauses({ network: { kind: 'none' } }).get('network')).to.equal('kernel')
  })

  it('leaves clauses out that the policy does not use', () => {
    expect([...clauses({}).keys()]).not.to.include.members(['filesystem.deny', 'resources.cpus'])
  })

  it('admits what nobody enforces', () => {
    const limits = { ...examplePlan().limits, cpus: 0.5 }
    const found = clauses({ limits, image: 'alpine' }, none)
    expect(found.get('resources.cpus')).to.equal('none')
    expect(found.get('resources.pids')).to.equal('none')
    expect(found.get('filesystem.system')).to.equal('none')
    expect(clauses({ limits }).get('resources.cpus')).to.equal('kernel')
  })

  it('says that an rlimit counts each process apart', () => {
    const { clauses: found } = enforcementReport(examplePlan(), none)
    const memory = found.find(({ clause }) => clause === 'resources.memoryMiB')
    expect(memory?.detail).to.contain('per process')
  })
})
