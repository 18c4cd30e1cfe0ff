import { expect } from 'chai'
import { array, assert, integer, nat, property, record } from 'fast-check'
import { WindowSum } from '../../dist/budget/window-sum.js'

interface Added {
  readonly amount: number
  readonly at: number
}

/** What was added within the last so many milliseconds, counted one by one. */
function naive(added: readonly Added[], now: number, spanMs: number): number {
  return added.filter(({ at }) => now - at < spanMs).reduce((sum, { amount }) => sum + amount, 0)
}

const acts = array(record({ waitMs: nat(400), amount: nat(1000) }), { maxLength: 120 })

describe('a window sum', () => {
  it('never counts less than the window, nor more than it and a sixteenth', () => {
    assert(
      property(integer({ min: 16, max: 3000 }), acts, (windowMs, all) => {
        const sum = new WindowSum()
        const added: Added[] = []
        let now = 0
        for (const { waitMs, amount } of all) {
          now += waitMs
          const told = sum.at(now, windowMs)
          expect(told).to.be.at.least(naive(added, now, windowMs))
          expect(told).to.be.at.most(naive(added, now, (windowMs * 17) / 16 + 1e-6))
          sum.add(amount, now, windowMs)
          added.push({ amount, at: now })
        }
      }),
      { seed: 11, numRuns: 500 },
    )
  })

  it('never counts less than the window, when that changes or the clock steps back', () => {
    const step = record({
      waitMs: integer({ min: -300, max: 400 }),
      amount: nat(1000),
      windowMs: integer({ min: 16, max: 3000 }),
      changes: nat(9),
    })
    assert(
      property(array(step, { maxLength: 120 }), (all) => {
        const sum = new WindowSum()
        let added: Added[] = []
        let [now, latest, windowMs] = [0, 0, 1000]
        for (const { waitMs, amount, changes, ...next } of all) {
          now = Math.max(0, now + waitMs)
          latest = Math.max(latest, now)
          if (changes === 0) ({ windowMs } = next)
          // What has left a window once does not come back with a wider one.
          added = added.filter(({ at }) => latest - at < windowMs)
          expect(sum.at(now, windowMs)).to.be.at.least(naive(added, latest, windowMs))
          sum.add(amount, now, windowMs)
          added.push({ amount, at: latest })
        }
      }),
      { seed: 12, numRuns: 500 },
    )
  })

  const changes: readonly [what: string, from: number, to: number][] = [
    ['a narrower window', 3_600_000, 1000],
    ['a wider window', 1000, 3_600_000],
  ]
  for (const [what, from, to] of changes) {
    it(`forgets nothing for ${what}, and forgets it when that is over`, () => {
      const sum = new WindowSum()
      sum.add(5, 3_600_000, from)
      expect(sum.at(3_600_001, to)).to.equal(5)
      expect(sum.at(3_600_000 + to, to)).to.equal(5)
      expect(sum.at(3_600_001 + (to * 17) / 16, to)).to.equal(0)
    })
  }
})
