import { expect } from 'chai'
import type { CredentialKeeper, HiddenText } from '../../dist/credentials/keeper.js'
import { compilePolicy, type CompiledPolicy } from '../../dist/decide/policy.js'
import { AnswerRedactors } from '../../dist/engine/answer-redactors.js'
import { RefusalError } from '../../dist/refusal.js'

/** A keeper of one credential with these texts; nothing else of it is asked here. */
function keeperOf(texts: readonly string[]): CredentialKeeper {
  const hidden = texts.map((text): HiddenText => ({ credential: 'a', bytes: Buffer.from(text) }))
  const credentials = [{ id: 'a' }]
  const keeper: unknown = {
    credentials,
    version: 1,
    hidden: (ids: readonly string[]) => (ids.includes('a') ? hidden : []),
  }
  return keeper as CredentialKeeper
}

const identities = new Map([
  ['a', { id: 'a', slot: { kind: 'sigv4' }, dummy: 'AKIAMADEUPMADEUPMADE' } as const],
])

function policyFor(host: string, identity: string): CompiledPolicy {
  const rule = { host, methods: ['GET'], identity }
  return compilePolicy({ allow: [rule, { host: '*.other.test' }] }, 1, identities)
}

const secret = 'a-secret-that-nobody-knows'

describe('the redactors of answers', () => {
  it('are none where no credential is used', () => {
    const redactors = new AnswerRedactors(keeperOf([secret]))
    expect(redactors.at(policyFor('api.test', 'a'), 'x.other.test')).to.equal(null)
    expect(redactors.at(policyFor('api.test', 'a'), 'api.test')?.isEmpty).to.equal(false)
  })

  it('stay where a newer policy uses no credential, however many hosts come in between', () => {
    const redactors = new AnswerRedactors(keeperOf([secret]))
    redactors.at(policyFor('api.test', 'a'), 'api.test')
    const newer = policyFor('api.test', 'anonymous')
    for (let count = 0; count < 1000; count += 1) redactors.at(newer, `h${count}.other.test`)
    expect(redactors.at(newer, 'api.test')?.isEmpty).to.equal(false)
  })

  it('hide everywhere what went to more hosts than can be remembered', () => {
    const redactors = new AnswerRedactors(keeperOf([secret]))
    const policy = policyFor('*.store.test', 'a')
    for (let count = 0; count <= 4096; count += 1) redactors.at(policy, `h${count}.store.test`)
    const newer = policyFor('*.store.test', 'anonymous')
    expect(redactors.at(newer, 'h4096.store.test')?.isEmpty).to.equal(false)
    expect(redactors.at(newer, 'unasked.other.test')?.isEmpty).to.equal(false)
  })

  it('refuse, and say why, when the secrets are too many to be looked for', () => {
    const many = Array.from({ length: 200 }, (_none, at) => `${at}-`.padEnd(60_000, secret))
    const redactors = new AnswerRedactors(keeperOf(many))
    const ask = (): unknown => redactors.at(policyFor('api.test', 'a'), 'api.test')
    expect(ask).to.throw(RefusalError, /too many or too long/)
  })
})
