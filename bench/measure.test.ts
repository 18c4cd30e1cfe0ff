import { expect } from 'chai'
import { inTurn, median, percentile } from './measure.ts'
import { figure, isMet, table, type Row } from './table.ts'

describe('measure', () => {
  const medians: [readonly number[], number][] = [
    [[3], 3],
    [[3, 1], 2],
    [[9, 1, 5], 5],
    [[10, 9, 100, 1], 9.5],
  ]
  for (const [values, expected] of medians) {
    it(`takes ${expected} as the median of ${values.join(', ')}`, () => {
      expect(median(values)).to.equal(expected)
    })
  }

  it('refuses the median of nothing', () => {
    expect(() => median([])).to.throw(RangeError)
    expect(() => percentile([], 0.5)).to.throw(RangeError)
  })

  it('takes percentiles by nearest rank', () => {
    const values = [15, 20, 35, 40, 50]
    const found = [0, 0.05, 0.3, 0.4, 1].map((share) => percentile(values, share))
    expect(found).to.deep.equal([15, 15, 20, 20, 50])
  })

  it('performs trials in turn and leaves the first rounds out', async () => {
    const order: string[] = []
    const trial = (name: string) => async () => order.push(name)
    const trials = { ours: trial('a'), floor: trial('b'), peer: trial('c') }
    const medians = await inTurn(trials, 2, 1)
    expect(order.join('')).to.equal('abcabcabc')
    expect(medians).to.deep.equal({ ours: 5.5, floor: 6.5, peer: 7.5 })
  })

  it('does without a peer', async () => {
    const trials = { ours: async () => 1, floor: async () => 2, peer: null }
    expect(await inTurn(trials, 2)).to.deep.equal({ ours: 1, floor: 2, peer: null })
  })
})

describe('table', () => {
  const row: Row = {
    figure: 'a',
    ours: '1 ms',
    floor: '2 ms',
    value: 0.5,
    unit: '×',
    goal: { kind: 'at-most', bound: 0.5 },
    peer: '7×',
    samples: 30,
  }

  it('tells whether a goal is met, the bound included', () => {
    expect(isMet(row)).to.equal(true)
    expect(isMet({ ...row, value: 0.51 })).to.equal(false)
    expect(isMet({ ...row, value: 0.51, goal: { kind: 'at-least', bound: 0.5 } })).to.equal(true)
    expect(isMet({ ...row, value: 9, goal: null })).to.equal(true)
  })

  it('writes a line per row', () => {
    const lines = table([row, { ...row, value: 1 }, { ...row, goal: null }]).split('\n')
    expect(lines.slice(2, -1)).to.deep.equal([
      '| a | 1 ms | 2 ms | 0.5× | ≤ 0.5× | yes | 7× | 30 |',
      '| a | 1 ms | 2 ms | 1× | ≤ 0.5× | **no** | 7× | 30 |',
      '| a | 1 ms | 2 ms | 0.5× | – | – | 7× | 30 |',
    ])
  })

  it('rounds to three digits', () => {
    expect([0.12345, 1.2345, 123.45, 0].map(figure)).to.deep.equal(['0.123', '1.23', '123', '0'])
  })
})
