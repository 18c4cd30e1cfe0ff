import { expect } from 'chai'
import { mintsAnywhere } from '../../dist/identity/minting.js'
import { profileFor, profileNamed, profileNames } from '../../dist/identity/profiles.js'
import { isCarrierName } from '../../dist/identity/find-carriers.js'
import { tenantHeaders } from '../../dist/identity/tenant-headers.js'

describe('profileFor', () => {
  const cases: readonly (readonly [string, string | null])[] = [
    ['api.anthropic.com', 'anthropic'],
    ['api.openai.com', 'openai'],
    ['eu.api.openai.com', 'openai'],
    ['api.github.com', 'github'],
    ['github.com', 'github'],
    ['*.github.com', 'github'],
    ['generativelanguage.googleapis.com', 'google-ai'],
    ['sts.amazonaws.com', 'aws-identity'],
    ['sts.eu-west-1.amazonaws.com', 'aws-identity'],
    ['bucket.s3.eu-west-1.amazonaws.com', 'aws'],
    ['*.s3.amazonaws.com', 'aws'],
    ['anthropic.com', null],
    ['api.anthropic.com.evil.test', null],
    ['xapi.github.com', null],
    ['amazonaws.com', null],
    ['evilamazonaws.com', null],
  ]
  for (const [host, wanted] of cases) {
    it(`says ${wanted ?? 'nothing'} of ${host}`, () => {
      expect(profileFor(host)?.id ?? null).to.equal(wanted)
    })
  }

  it('has each by its name', () => {
    for (const name of profileNames) expect(profileNamed(name)?.id).to.equal(name)
    expect(profileNamed('constructor')).to.equal(null)
  })

  it('lets no header on that carries a name, and none that says the tenant', () => {
    for (const name of profileNames) {
      const profile = profileNamed(name)
      for (const header of profile?.headers ?? []) {
        if (header === 'sec-websocket-protocol') continue
        expect(isCarrierName(header), header).to.equal(false)
        expect(tenantHeaders.has(header), header).to.equal(false)
      }
      for (const header of profile?.tenants ?? []) expect(isCarrierName(header)).to.equal(false)
    }
  })
})

describe('what makes credentials', () => {
  const cases: readonly (readonly [string, string, string, boolean])[] = [
    ['github', 'POST', '/app/installations/1/access_tokens', true],
    ['github', 'POST', '/repos/acme/app/keys', true],
    ['github', 'PUT', '/repos/acme/app/collaborators/eve', true],
    ['github', 'POST', '/Repos/acme/app/Hooks', true],
    ['github', 'POST', '/repos/acme/app/%6Beys', true],
    ['github', 'POST', '//repos//acme/app/keys/', true],
    ['github', 'GET', '/repos/acme/app/keys', false],
    ['github', 'POST', '/repos/acme/app/issues', false],
    ['github', 'POST', '/repos/acme/app/pulls/1/reviews', false],
    ['github', 'POST', '/acme/app.git/git-upload-pack', false],
    ['github', 'POST', '/repos/acme/app/dispatches', true],
    ['github', 'POST', '/repos/acme/app/actions/workflows/ci.yml/dispatches', true],
    ['github', 'PUT', '/repos/acme/app/actions/secrets/TOKEN', true],
    ['github', 'PUT', '/repos/acme/app/environments/prod', true],
    ['github', 'DELETE', '/repos/acme/app/branches/feature%2Fa/protection', true],
    ['github', 'POST', '/repos/acme/app/pulls/1/codespaces', true],
    ['github', 'POST', '/user/codespaces', true],
    ['github', 'POST', '/orgs/acme/teams', true],
    ['github', 'POST', '/repos/acme/app/git/refs', false],
    ['github', 'PUT', '/repos/acme/app/contents/keys/a', false],
    ['github', 'POST', '/gists', false],
    ['openai', 'POST', '/v1/realtime/client_secrets', true],
    ['openai', 'POST', '/v1/realtime/calls/call_1/accept', true],
    ['openai', 'POST', '/v1/projects/proj_1/roles', true],
    ['openai', 'POST', '/v1/moderations', false],
    ['anthropic', 'POST', '/v1/organizations/invites', true],
    ['anthropic', 'POST', '/v1/organizations/service_accounts', true],
    ['anthropic', 'POST', '/v1/tunnels/t/reveal_token', true],
    ['anthropic', 'POST', '/v1/vaults/v/credentials', true],
    ['anthropic', 'POST', '/v1/user_profiles/u/enrollment_url', true],
    ['anthropic', 'GET', '/v1/environments/e/work/poll', true],
    ['anthropic', 'GET', '/v1/environments/e/work/w', true],
    ['anthropic', 'GET', '/v1/environments/e', false],
    ['anthropic', 'POST', '/v1/messages/count_tokens', false],
    ['anthropic', 'POST', '/v1/oauth/token', true],
    ['openai', 'POST', '/v1/responses', false],
    ['anthropic', 'POST', '/v1/messages', false],
    ['anthropic', 'GET', '/v1/models', false],
    ['google-ai', 'POST', '/v1alpha/auth_tokens', true],
    ['google-ai', 'POST', '/v1beta/models/gemini:generateContent', false],
    ['aws-identity', 'GET', '/', true],
    ['aws', 'PUT', '/bucket/object', false],
  ]
  for (const [id, method, path, wanted] of cases) {
    it(`${wanted ? 'is' : 'is not'} ${method} ${path} at ${id}`, () => {
      expect(profileNamed(id)?.minting.has(method, path)).to.equal(wanted)
    })
  }

  it('is the same at services that nobody knows', () => {
    for (const path of [
      '/oauth/token',
      '/api/oauth/token',
      '/oauth2/v4/token',
      '/v1/api_keys',
      '/v1/api%5Fkeys',
    ])
      expect(mintsAnywhere('POST', path), path).to.equal(true)
    for (const path of ['/', '/v1/items', '/v1/tokens/count', '/oauth', '/api_keys/1/usage'])
      expect(mintsAnywhere('POST', path), path).to.equal(false)
    expect(mintsAnywhere('GET', '/v1/api_keys')).to.equal(false)
  })
})
