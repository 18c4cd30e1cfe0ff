import { expect } from 'chai'
import { PidNames } from '../../dist/sandbox/pid-names.js'

describe('names of process ids', () => {
  it('forget the longest gone first, and what lives last', () => {
    const alive = new Set(['p1', 'p3'])
    const names = new PidNames((id) => alive.has(id), 3)
    for (const n of [1, 2, 3, 4, 5]) names.set(n, `p${n}`)
    expect([1, 2, 3, 4, 5].map((pid) => names.get(pid))).to.deep.equal([
      'p1',
      null,
      'p3',
      null,
      'p5',
    ])
  })

  it('are bounded even when everything lives', () => {
    const names = new PidNames(() => true, 10)
    for (let pid = 1; pid <= 100; pid += 1) names.set(pid, `p${pid}`)
    const kept = Array.from({ length: 100 }, (_, n) => names.get(n + 1)).filter(Boolean)
    expect(kept).to.have.length(10)
  })

  it('give a process id that comes again to the newer command', () => {
    const names = new PidNames(() => false, 2)
    names.set(7, 'p1')
    names.set(8, 'p2')
    names.set(7, 'p3')
    names.set(9, 'p4')
    expect([7, 8, 9].map((pid) => names.get(pid))).to.deep.equal(['p3', null, 'p4'])
  })
})
