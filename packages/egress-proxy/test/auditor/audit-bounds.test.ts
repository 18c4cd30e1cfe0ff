import { type NetworkPolicy, parsePolicy } from '@caisson/core'
import { expect } from 'chai'
import { auditPolicy } from '../../dist/auditor/audit-policy.js'
import { ids } from './closing.js'

const audit = (network: NetworkPolicy) => auditPolicy(parsePolicy({ network }))

describe('what auditPolicy tells', () => {
  it('bounds what it tells of a policy of hostile size, and says so', () => {
    const rules = Array.from({ length: 20_000 }, (_none, index) => ({
      host: `b${index}.s3.amazonaws.com`,
      tunnel: true,
    }))
    const found = audit({ allow: rules })
    expect(found).to.have.length(2001)
    expect(found.at(-1)?.id).to.equal('more-findings')
  }).timeout(60_000)

  it('says when there was too much to judge', () => {
    const rules = Array.from({ length: 20_000 }, (_none, index) => ({
      host: '*.googleapis.com',
      identity: 'guest',
      methods: ['POST'],
      paths: [`/p${index}`],
    }))
    const [first, ...rest] = audit({ allow: rules })
    expect(first).to.include({ id: 'too-much-to-judge', severity: 'high' })
    expect(ids(rest)).to.include.members(['guest-identity', 'more-findings'])
  }).timeout(120_000)

  it('tags everything by ATLAS, or by OWASP with its edition', () => {
    const policy = parsePolicy({
      network: {
        mode: 'observe',
        allow: ['*.googleapis.com', '*.amazonaws.com', 'api.github.com', 'pastebin.com'].map(
          (host) => ({ host, tunnel: true }),
        ),
      },
    })
    for (const { id, tags } of auditPolicy(policy)) {
      expect(tags, id).not.to.be.empty
      for (const tag of tags) expect(tag).to.match(/^(?:AML\.T\d{4}(?:\.\d{3})?|LLM\d\d:2025)$/)
      // In the edition of 2025, agency is LLM06; LLM08 is about vectors there, which nothing here is.
      expect(tags).not.to.include('LLM08:2025')
    }
  })
})
