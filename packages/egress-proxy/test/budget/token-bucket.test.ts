import { expect } from 'chai'
import { assert, array, integer, property } from 'fast-check'
import { TokenBucket } from '../../dist/budget/token-bucket.js'

const taken = (bucket: TokenBucket, times: readonly number[]): boolean[] =>
  times.map((now) => bucket.take(now))

describe('a token bucket', () => {
  it('gives a second’s worth at once, and then one at a time', () => {
    const bucket = new TokenBucket(2, 0)
    expect(taken(bucket, [0, 0, 0, 499, 500, 500, 1000])).to.deep.equal([
      true,
      true,
      false,
      false,
      true,
      false,
      true,
    ])
  })

  it('saves up no more than a second’s worth', () => {
    const bucket = new TokenBucket(2, 0)
    expect(taken(bucket, [3_600_000, 3_600_000, 3_600_000])).to.deep.equal([true, true, false])
  })

  it('gives nothing for a clock that steps back and forth', () => {
    const bucket = new TokenBucket(1, 1000)
    expect(taken(bucket, [1000, 0, 1000, 0, 1000])).to.deep.equal([
      true,
      false,
      false,
      false,
      false,
    ])
  })

  it('gives nothing when there is no rate', () => {
    expect(taken(new TokenBucket(0, 0), [0, 1000, 1e9])).to.deep.equal([false, false, false])
  })

  it('cuts what was saved up to a lower rate', () => {
    const bucket = new TokenBucket(10, 0)
    bucket.perSecond = 1
    expect(taken(bucket, [0, 0, 1000])).to.deep.equal([true, false, true])
  })

  it('gives nothing at once for a higher rate', () => {
    const bucket = new TokenBucket(1, 0)
    bucket.take(0)
    bucket.perSecond = 1000
    expect(taken(bucket, [0, 1])).to.deep.equal([false, true])
  })

  it('never gives more than the rate and one burst, whatever the times are', () => {
    const steps = array(integer({ min: -500, max: 2000 }), { maxLength: 200 })
    assert(
      property(integer({ min: 1, max: 20 }), steps, (rate, all) => {
        const bucket = new TokenBucket(rate, 0)
        let [now, latest, given] = [0, 0, 0]
        for (const step of all) {
          now += step
          latest = Math.max(latest, now)
          if (bucket.take(now)) given += 1
        }
        expect(given).to.be.at.most(rate + (latest / 1000) * rate + 1e-6)
      }),
      { seed: 7, numRuns: 300 },
    )
  })
})
