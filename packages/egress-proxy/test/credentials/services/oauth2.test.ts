import type { OAuth2Source } from '@caisson/core'
import { expect } from 'chai'
import { oauth2Source } from '../../../dist/credentials/services/oauth2.js'
import { fakeOAuth2, type FakeOAuth2Options } from './fake-oauth2.ts'
import { faultOf, isLent, never, startMs, toolsOver } from './service-tools.ts'

function setUp(fakeOptions: FakeOAuth2Options, more: Partial<OAuth2Source> = {}) {
  const fake = fakeOAuth2(fakeOptions)
  const tools = toolsOver(fake.handle)
  const { clientAuth } = fakeOptions
  const source = oauth2Source(
    {
      tokenUrl: 'https://as.test/token',
      clientId: fake.clientId,
      ...(clientAuth !== 'none' && { clientSecret: { static: fake.clientSecret }, clientAuth }),
      ...more,
    },
    tools,
  )
  return { fake, tools, source }
}

describe('a token of an OAuth 2.0 server', () => {
  for (const clientAuth of ['basic', 'form', 'none'] as const) {
    it(`is had by a client that proves itself by ${clientAuth}`, async () => {
      const { fake, source, tools } = setUp(
        { clientAuth },
        { scope: 'read write', audience: 'api', resource: 'https://api.test/' },
      )
      const secret = await source.get(never)
      expect(fake.live.has(secret.bytes.toString())).to.equal(true)
      expect(secret.expiresAt).to.equal(startMs + 3_600_000)
      expect(isLent(secret)).to.equal(false)
      expect(fake.asked[0]).to.include({
        grant_type: 'client_credentials',
        scope: 'read write',
        audience: 'api',
        resource: 'https://api.test/',
      })
      for (const bytes of [...tools.secrets, ...tools.answers]) {
        expect(bytes.every((byte) => byte === 0)).to.equal(true)
      }
    })
  }

  it('is had for another token', async () => {
    const requestedType = 'urn:ietf:params:oauth:token-type:jwt'
    const { fake, source } = setUp(
      { clientAuth: 'basic', subjectToken: 'subject-1' },
      { subject: { token: { static: 'subject-1' }, requestedType } },
    )
    await source.get(never)
    expect(fake.asked[0]).to.include({
      subject_token: 'subject-1',
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      requested_token_type: requestedType,
    })
  })

  it('holds until it is refused when the server does not say how long', async () => {
    const { source } = setUp({ clientAuth: 'basic', expiresIn: null })
    expect((await source.get(never)).expiresAt).to.equal(null)
  })

  it('is not believed for longer than a day', async () => {
    const { source } = setUp({ clientAuth: 'basic', expiresIn: 1e12 })
    expect((await source.get(never)).expiresAt).to.equal(startMs + 86_400_000)
  })

  it('is given back where the server takes it, though it is overwritten at once', async () => {
    const { fake, source } = setUp({ clientAuth: 'form' }, { revokeUrl: 'https://as.test/revoke' })
    const secret = await source.get(never)
    expect(fake.live.size).to.equal(1)
    const given = secret.revoke?.(never)
    secret.bytes.fill(0)
    await given
    expect(fake.live.size).to.equal(0)
  })

  const refused: [string, FakeOAuth2Options, Partial<OAuth2Source>, RegExp][] = [
    [
      'a wrong secret',
      { clientAuth: 'basic' },
      { clientSecret: { static: 'x' } },
      /401.*clientSecret/,
    ],
    ['another way of proof', { clientAuth: 'form' }, { clientAuth: 'basic' }, /401.*clientAuth/],
    ['a scope that is refused', { clientAuth: 'basic' }, { scope: 'everything' }, /400.*scope/],
    [
      'another address',
      { clientAuth: 'basic' },
      { tokenUrl: 'https://as.test/tokens' },
      /404.*tokenUrl/,
    ],
    [
      'an empty secret',
      { clientAuth: 'basic' },
      { clientSecret: { static: '' } },
      /secret is empty/,
    ],
    [
      'a subject token with a line end',
      { clientAuth: 'basic', subjectToken: 'a' },
      { subject: { token: { static: 'a\r\nb' } } },
      /subject token/,
    ],
    ['no address', { clientAuth: 'basic' }, { tokenUrl: 'token' }, /must be a URL/],
    [
      'a user in the address',
      { clientAuth: 'basic' },
      { tokenUrl: 'https://a:b@as.test/' },
      /without user/,
    ],
  ]
  for (const [title, fakeOptions, more, message] of refused) {
    it(`is not had with ${title}`, async () => {
      const fault = await faultOf(setUp(fakeOptions, more).source.get(never))
      expect(fault.message)
        .to.match(message)
        .and.not.match(/told to nobody|invalid_/)
      expect(fault.passing).to.equal(false)
    })
  }
})
