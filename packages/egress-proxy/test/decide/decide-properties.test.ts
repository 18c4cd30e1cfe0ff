import { type AllowRule, type NetworkPolicy, SandboxError } from '@caisson/core'
import { expect } from 'chai'
import * as fc from 'fast-check'
import { decide } from '../../dist/decide/decide.js'
import type { Decision } from '../../dist/decide/decision.js'
import { type CompiledPolicy, compilePolicy } from '../../dist/decide/policy.js'
import { allowRule, anyRequest, denyRule, identities, network } from './arbitrary.ts'
import { naive } from './naive.ts'

const runs = { numRuns: 3000, seed: 20_261_123 }

/** `null` for a policy that contradicts itself. */
function compiled(policy: NetworkPolicy): CompiledPolicy | null {
  try {
    return compilePolicy(policy, 1, identities)
  } catch (error) {
    if (SandboxError.is(error) && error.code === 'POLICY_INVALID') return null
    throw error
  }
}

const strength = { deny: 0, ask: 1, allow: 2 } as const

/** Whether one decision allows nothing that another does not. */
function isWithin(narrow: Decision, wide: Decision): boolean {
  if (strength[narrow.verdict] > strength[wide.verdict]) return false
  if (narrow.verdict !== wide.verdict) return true
  return narrow.needs.handling.every((one) => wide.needs.handling.includes(one))
}

function holds(
  narrow: NetworkPolicy,
  wide: NetworkPolicy,
  check: (pair: [CompiledPolicy, CompiledPolicy]) => void,
): void {
  const pair = [compiled(narrow), compiled(wide)] as const
  fc.pre(pair[0] !== null && pair[1] !== null)
  if (pair[0] !== null && pair[1] !== null) check([pair[0], pair[1]])
}

/** Each takes something away from a rule. */
const restrictions: readonly ((rule: AllowRule) => AllowRule)[] = [
  (rule) => ({ ...rule, paths: rule.paths?.slice(0, 1) ?? ['/v1/**'] }),
  (rule) => ({ ...rule, methods: rule.methods?.slice(-1) ?? ['GET'] }),
  (rule) => ({ ...rule, query: rule.query ?? { k: '*' } }),
  (rule) => ({ ...rule, headers: rule.headers ?? {} }),
  (rule) => ({ ...rule, query: Object.fromEntries(Object.entries(rule.query ?? {}).slice(1)) }),
  (rule) => ({ ...rule, ports: rule.ports?.slice(0, 1) }),
  (rule) => ({ ...rule, websocket: false }),
  (rule) => ({ ...rule, body: rule.body ?? { json: { keys: ['a'] } } }),
  (rule) => ({ ...rule, profile: 'anthropic' }),
]

describe('decide, for any policy and request', () => {
  it('agrees with an evaluator that compiles nothing', () => {
    const met = { allow: 0, ask: 0, deny: 0 }
    fc.assert(
      fc.property(network, fc.array(anyRequest, { minLength: 4, maxLength: 12 }), (policy, all) => {
        const compiledPolicy = compiled(policy)
        fc.pre(compiledPolicy !== null)
        if (compiledPolicy === null) return
        for (const request of all) {
          const { verdict, rule, needs, code } = decide(compiledPolicy, request)
          const wanted = naive(policy, request)
          met[verdict] += 1
          expect({ verdict, handling: needs.handling }).to.deep.equal({
            verdict: wanted.verdict,
            handling: wanted.handling,
          })
          if (request.kind !== 'name' || verdict !== 'deny') expect(rule).to.equal(wanted.rule)
          expect(code === null).to.equal(verdict === 'allow')
        }
      }),
      runs,
    )
    // The words are few enough that every verdict is met often.
    expect(Math.min(met.allow, met.ask, met.deny)).to.be.greaterThan(500)
  })

  it('refuses whatever a rule of deny matches, whatever is allowed beside it', () => {
    fc.assert(
      fc.property(network, denyRule, anyRequest, (policy, rule, request) => {
        const alone = compiled({ deny: [rule] })
        const both = compiled({ ...policy, deny: [...(policy.deny ?? []), rule] })
        fc.pre(alone !== null && both !== null)
        if (alone === null || both === null) return
        if (decide(alone, request).code !== 'denied_by_rule') return
        expect(decide(both, request).verdict).to.equal('deny')
        expect(decide(both, request).code).to.equal('denied_by_rule')
      }),
      runs,
    )
  })

  it('allows no more when a rule of allow or ask goes', () => {
    fc.assert(
      fc.property(network, allowRule, anyRequest, (policy, rule, request) => {
        const allow = { ...policy, allow: [...(policy.allow ?? []), rule] }
        const ask = { ...policy, ask: [...(policy.ask ?? []), rule] }
        for (const wide of [allow, ask]) {
          const pair = [compiled(policy), compiled(wide)] as const
          if (pair[0] === null || pair[1] === null) continue
          expect(isWithin(decide(pair[0], request), decide(pair[1], request))).to.equal(true)
        }
      }),
      runs,
    )
  })

  it('allows no more when a rule of deny comes', () => {
    fc.assert(
      fc.property(network, denyRule, anyRequest, (policy, rule, request) => {
        holds({ ...policy, deny: [...(policy.deny ?? []), rule] }, policy, ([narrow, wide]) => {
          expect(isWithin(decide(narrow, request), decide(wide, request))).to.equal(true)
        })
      }),
      runs,
    )
  })

  it('allows no more when a rule is restricted', () => {
    const restrict = fc.constantFrom(...restrictions)
    fc.assert(
      fc.property(
        network,
        allowRule,
        fc.tuple(restrict, anyRequest),
        (policy, given, [narrowed, request]) => {
          const rule: AllowRule = typeof given === 'string' ? { host: given } : given
          const others = policy.allow ?? []
          const narrow = { ...policy, allow: [...others, narrowed(rule)] }
          holds(narrow, { ...policy, allow: [...others, rule] }, ([a, b]) => {
            expect(isWithin(decide(a, request), decide(b, request))).to.equal(true)
          })
        },
      ),
      runs,
    )
  })

  it('answers the same in whatever order the rules stand, but for the rule that it names', () => {
    const unnamed = ({ rule: _rule, template: _template, ...rest }: Decision): unknown =>
      JSON.parse(JSON.stringify(rest).replaceAll(/network\.(allow|ask|deny)\[\d+\]/g, '$1'))
    fc.assert(
      fc.property(network, anyRequest, (policy, request) => {
        const turned = {
          allow: policy.allow?.toReversed(),
          ask: policy.ask?.toReversed(),
          deny: policy.deny?.toReversed(),
        }
        const pair = [compiled(policy), compiled(turned)] as const
        expect(pair[0] === null).to.equal(pair[1] === null)
        if (pair[0] === null || pair[1] === null) return
        expect(unnamed(decide(pair[0], request))).to.deep.equal(unnamed(decide(pair[1], request)))
      }),
      runs,
    )
  })

  it('lets everything through that is only observed, and tells what it would have refused', () => {
    fc.assert(
      fc.property(network, anyRequest, (policy, request) => {
        const pair = [compiled(policy), compiled({ ...policy, mode: 'observe' })] as const
        if (pair[0] === null || pair[1] === null) return
        const [enforced, observed] = [decide(pair[0], request), decide(pair[1], request)]
        if (request.kind !== 'name' && request.port === 22) {
          expect(observed).to.deep.equal(enforced)
          return
        }
        expect(observed.verdict).to.equal('allow')
        expect(observed.wouldDeny).to.equal(enforced.code)
      }),
      runs,
    )
  })
})
