import { type AllowRule, parsePolicy, type Policy } from '@caisson/core'
import { expect } from 'chai'
import { auditPolicy } from '../../dist/auditor/audit-policy.js'
import { faultsOfEdit } from './closing.js'

const credentials: NonNullable<Policy['credentials']> = {
  github: { source: { env: 'T' }, carrier: { header: 'authorization', scheme: 'Bearer' } },
  openai: {
    source: { env: 'O' },
    carrier: { header: 'authorization', scheme: 'Bearer' },
    expose: 'OPENAI_API_KEY',
  },
}

/** The edit of the worst finding, which is held against the policy first. */
function proposed(rule: AllowRule): unknown {
  const policy = parsePolicy({ credentials, network: { allow: [rule] } })
  const [first] = auditPolicy(policy)
  expect(first === undefined ? ['nothing is found'] : faultsOfEdit(policy, first)).to.deep.equal([])
  return first?.edit?.value
}

describe('the edit of a finding', () => {
  it('keeps what is bound to one repository, and drops the rest', () => {
    const rule = { host: 'api.github.com', identity: 'github', methods: ['GET', 'POST'] }
    const paths = ['/gists', '/repos/*/*/issues', '/repos/acme/app/issues']
    expect(proposed({ ...rule, paths })).to.deep.equal({
      ...rule,
      paths: ['/repos/acme/app/issues'],
    })
  })

  it('leaves reading, in the same name, of a rule that is bound to none', () => {
    const rule = { host: 'api.github.com', identity: 'github', methods: ['GET', 'POST'] }
    expect(proposed(rule)).to.deep.equal({ ...rule, methods: ['GET'] })
  })

  it('sets the key that is exposed under the service’s variable', () => {
    expect(proposed({ host: 'api.openai.com', tunnel: true })).to.include({ identity: 'openai' })
  })

  it('takes away what is there for nothing but taking data', () => {
    expect(proposed({ host: 'webhook.site', identity: 'guest' })).to.equal(null)
  })

  it('takes away what only writes', () => {
    expect(proposed({ host: 'sentry.io', methods: ['POST'] })).to.equal(null)
  })
})
