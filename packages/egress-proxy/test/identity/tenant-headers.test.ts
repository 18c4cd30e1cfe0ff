import { expect } from 'chai'
import { profileNamed, profileNames } from '../../dist/identity/profiles.js'
import { tenantHeaders } from '../../dist/identity/tenant-headers.js'

describe('tenantHeaders', () => {
  const known = [
    'anthropic-allowed-org-ids',
    'anthropic-allowed-org-ids1',
    'anthropic-allowed-org-ids31',
    'chatgpt-allowed-workspace-id',
    'openai-allowed-organization-ids',
    'sec-github-allowed-enterprise',
    'x-geminicodeassist-allowed-domains',
  ]
  for (const name of known) {
    it(`has ${name}, of which no copy from inside goes on`, () => {
      expect(tenantHeaders.has(name)).to.equal(true)
    })
  }

  it('has none that says only what a client wants', () => {
    for (const name of ['openai-organization', 'openai-project', 'anthropic-workspace-id'])
      expect(tenantHeaders.has(name)).to.equal(false)
  })

  it('is written as headers are compared', () => {
    for (const name of tenantHeaders) expect(name).to.match(/^[a-z0-9-]+$/)
  })

  it('has every header by which a known service is told whom it may serve', () => {
    const chosen = new Set(['openai-organization', 'openai-project'])
    for (const name of profileNames) {
      for (const header of profileNamed(name)?.tenants ?? [])
        expect(tenantHeaders.has(header) || chosen.has(header), header).to.equal(true)
    }
  })
})
