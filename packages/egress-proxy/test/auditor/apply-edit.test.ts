import { parsePolicy } from '@caisson/core'
import { expect } from 'chai'
import { applyEdit } from '../../dist/auditor/apply-edit.js'

const policy = parsePolicy({
  credentials: {
    'a.b': { source: { env: 'A' }, carrier: { header: 'x-a' } },
    c: { source: { env: 'C' }, carrier: { header: 'x-c' } },
  },
  network: {
    allow: ['a.test', 'b.test', 'c.test'],
    ask: ['d.test'],
    mode: 'observe',
    addresses: { allow: ['10.0.0.0/8'], deny: ['10.1.0.0/16'] },
  },
})

describe('applyEdit', () => {
  it('replaces a rule', () => {
    const value = { host: 'b.test', paths: ['/x'] }
    const { network } = applyEdit(policy, { clause: 'network.allow[1]', value })
    expect(network?.allow).to.deep.equal(['a.test', value, 'c.test'])
  })

  it('takes a rule, a range and a credential away, and leaves the rest', () => {
    const rule = applyEdit(policy, { clause: 'network.ask[0]', value: null })
    expect([rule.network?.ask, rule.network?.allow]).to.deep.equal([[], policy.network?.allow])
    const range = applyEdit(policy, { clause: 'network.addresses.allow[0]', value: null })
    expect(range.network?.addresses).to.deep.equal({ allow: [], deny: ['10.1.0.0/16'] })
    const credential = applyEdit(policy, { clause: 'credentials.a.b', value: null })
    expect(Object.keys(credential.credentials ?? {})).to.deep.equal(['c'])
  })

  it('sets the mode and budgets', () => {
    expect(applyEdit(policy, { clause: 'network.mode', value: 'enforce' }).network?.mode).to.equal(
      'enforce',
    )
    const budgets = { requestsPerSecond: 5 }
    const { network } = applyEdit(policy, { clause: 'network.budgets', value: budgets })
    expect(network?.budgets).to.deep.equal(budgets)
  })

  it('leaves the policy that it was given as it was, and gives a frozen one', () => {
    const before = structuredClone(policy)
    expect(
      Object.isFrozen(applyEdit(policy, { clause: 'network.allow[0]', value: null })),
    ).to.equal(true)
    expect(policy).to.deep.equal(before)
  })

  const wrong = [
    'network.allow[3]',
    'network.allow[-1]',
    'network.allow',
    'network.transparent',
    'credentials.x',
    'credentials.__proto__',
    'environment',
    '',
  ]
  for (const clause of wrong) {
    it(`refuses ${JSON.stringify(clause)}`, () => {
      expect(() => applyEdit(policy, { clause, value: null })).to.throw(RangeError)
    })
  }

  it('refuses a value that the clause cannot have', () => {
    expect(() => applyEdit(policy, { clause: 'network.allow[0]', value: { host: '*' } })).to.throw(
      /network\.allow/,
    )
  })
})
