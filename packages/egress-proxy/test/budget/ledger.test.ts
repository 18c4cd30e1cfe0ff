import { expect } from 'chai'
import { fillBudgets, defaultBudgets } from '../../dist/budget/budgets.js'
import { budgetRefusal, Ledger } from '../../dist/budget/ledger.js'
import type { ReasonCode } from '../../dist/decide/reason.js'

/** A ledger and the clock that it looks at. */
function made(budgets: Parameters<typeof fillBudgets>[0]): {
  ledger: Ledger
  at: (ms: number) => Ledger
} {
  let now = 0
  const ledger = new Ledger(fillBudgets(budgets), () => now)
  const at = (ms: number): Ledger => {
    now = ms
    return ledger
  }
  return { ledger, at }
}

type Act = (ledger: Ledger) => ReasonCode | null | void

interface Case {
  readonly title: string
  readonly budgets: Parameters<typeof fillBudgets>[0]
  readonly acts: readonly (readonly [act: Act, code: ReasonCode | null])[]
}

const cases: readonly Case[] = [
  {
    title: 'takes what fits a request to the last byte, and not one more',
    budgets: { bytesPerRequest: 10 },
    acts: [
      [(ledger) => ledger.fits('a', 10), null],
      [(ledger) => ledger.fits('a', 11), 'budget_request'],
      [(ledger) => ledger.spend('a', 4, 0), null],
      [(ledger) => ledger.spend('a', 6, 4), null],
      [(ledger) => ledger.spend('a', 1, 10), 'budget_request'],
      [(ledger) => ledger.spend('a', 10, 0), null],
    ],
  },
  {
    title: 'bounds a tunnel by the window alone',
    budgets: { bytesPerRequest: 10, bytesPerWindow: 30 },
    acts: [
      [(ledger) => ledger.spend('a', 30, null), null],
      [(ledger) => ledger.spend('a', 1, null), 'budget_window'],
    ],
  },
  {
    title: 'has a window for each host',
    budgets: { bytesPerWindow: 10 },
    acts: [
      [(ledger) => ledger.spend('a', 10, 0), null],
      [(ledger) => ledger.spend('a', 1, 0), 'budget_window'],
      [(ledger) => ledger.spend('b', 10, 0), null],
    ],
  },
  {
    title: 'has one total for all hosts',
    budgets: { bytesTotal: 10 },
    acts: [
      [(ledger) => ledger.spend('a', 6, 0), null],
      [(ledger) => ledger.fits('b', 5), 'budget_total'],
      [(ledger) => ledger.spend('b', 5, 0), 'budget_total'],
      [(ledger) => ledger.spend('b', 4, null), null],
      [(ledger) => ledger.spend('c', 1, null), 'budget_total'],
    ],
  },
  {
    title: 'takes nothing of what it refuses',
    budgets: { bytesPerWindow: 10, urlBytesPerWindow: 5 },
    acts: [
      [(ledger) => ledger.spend('a', 11, 0), 'budget_window'],
      [(ledger) => ledger.spend('a', 10, 0), null],
      [(ledger) => ledger.spendUrl('a', 6), 'budget_url'],
      [(ledger) => ledger.spendUrl('a', 5), null],
    ],
  },
  {
    title: 'counts paths and queries by themselves, for each host',
    budgets: { urlBytesPerWindow: 10, bytesPerWindow: 1 },
    acts: [
      [(ledger) => ledger.spendUrl('a', 10), null],
      [(ledger) => ledger.spendUrl('a', 1), 'budget_url'],
      [(ledger) => ledger.spendUrl('b', 10), null],
      [(ledger) => ledger.spend('a', 1, 0), null],
    ],
  },
  {
    title: 'counts names, each once, wherever they come from',
    budgets: { distinctNames: 2 },
    acts: [
      [(ledger) => ledger.admit('a'), null],
      [(ledger) => ledger.admit('b'), null],
      [(ledger) => ledger.admit('a'), null],
      [(ledger) => ledger.admit('c'), 'budget_names'],
      [(ledger) => ledger.spend('c', 1, 0), 'budget_names'],
      [(ledger) => ledger.spendUrl('c', 1), 'budget_names'],
      [(ledger) => ledger.fits('c', 1), 'budget_names'],
    ],
  },
  {
    title: 'bounds requests for each second',
    budgets: { requestsPerSecond: 2 },
    acts: [
      [(ledger) => ledger.admit('a'), null],
      [(ledger) => ledger.admit('b'), null],
      [(ledger) => ledger.admit('a'), 'rate_limited'],
    ],
  },
  {
    title: 'bounds open tunnels, and takes them back',
    budgets: { openTunnels: 1 },
    acts: [
      [(ledger) => ledger.openTunnel(), null],
      [(ledger) => ledger.openTunnel(), 'too_many_tunnels'],
      [(ledger) => ledger.closeTunnel(), null],
      [(ledger) => ledger.openTunnel(), null],
    ],
  },
  {
    title: 'keeps what was used when the budgets change',
    budgets: { bytesPerWindow: 10, bytesTotal: 100 },
    acts: [
      [(ledger) => ledger.spend('a', 10, 0), null],
      [(ledger) => ledger.update(fillBudgets({ bytesPerWindow: 12 })), null],
      [(ledger) => ledger.spend('a', 3, 0), 'budget_window'],
      [(ledger) => ledger.spend('a', 2, 0), null],
      [(ledger) => ledger.update(fillBudgets({ bytesTotal: 5 })), null],
      [(ledger) => ledger.spend('b', 1, 0), 'budget_total'],
    ],
  },
  {
    title: 'keeps what was used when the window changes',
    budgets: { bytesPerWindow: 10, windowMs: 3_600_000 },
    acts: [
      [(ledger) => ledger.spend('a', 10, 0), null],
      [(ledger) => ledger.update(fillBudgets({ bytesPerWindow: 10, windowMs: 1000 })), null],
      [(ledger) => ledger.spend('a', 1, 0), 'budget_window'],
    ],
  },
]

describe('a ledger', () => {
  for (const { title, budgets, acts } of cases) {
    it(title, () => {
      const { ledger } = made(budgets)
      const codes = acts.map(([act]) => act(ledger) ?? null)
      expect(codes).to.deep.equal(acts.map(([, code]) => code))
    })
  }

  it('gives a window back when it is over, and a total never', () => {
    const { at } = made({ bytesPerWindow: 10, windowMs: 1000, bytesTotal: 20 })
    expect(at(0).spend('a', 10, 0)).to.equal(null)
    expect(at(999).spend('a', 1, 0)).to.equal('budget_window')
    expect(at(1100).spend('a', 10, 0)).to.equal(null)
    expect(at(5000).spend('a', 1, 0)).to.equal('budget_total')
    expect(at(5000).totalBytes).to.equal(20)
  })

  it('has a bound for everything when policy says nothing', () => {
    expect(fillBudgets()).to.deep.equal(defaultBudgets)
    expect(fillBudgets({ bytesTotal: undefined, openTunnels: 0 })).to.deep.equal({
      ...defaultBudgets,
      openTunnels: 0,
    })
    for (const bound of Object.values(defaultBudgets)) expect(bound).to.be.greaterThan(0)
  })

  it('has words for each refusal, and names the bound that could be raised', () => {
    const named: readonly [ReasonCode, string][] = [
      ['budget_request', 'bytesPerRequest'],
      ['budget_window', 'bytesPerWindow'],
      ['budget_total', 'bytesTotal'],
      ['budget_url', 'urlBytesPerWindow'],
      ['budget_names', 'distinctNames'],
      ['rate_limited', 'requestsPerSecond'],
      ['too_many_tunnels', 'openTunnels'],
    ]
    for (const [code, bound] of named) {
      const refusal = budgetRefusal(code)
      expect(refusal).to.include({ code, rule: 'network.budgets' })
      expect(refusal.remedy).to.include(`network.budgets.${bound}`)
    }
  })
})
