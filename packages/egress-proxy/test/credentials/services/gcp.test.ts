import type { GcpImpersonationSource } from '@caisson/core'
import { expect } from 'chai'
import { gcpSource } from '../../../dist/credentials/services/gcp.js'
import { fakeGcp } from './fake-gcp.ts'
import { faultOf, never, startMs, toolsOver } from './service-tools.ts'

const scopes = ['https://www.googleapis.com/auth/devstorage.read_only']

function setUp(more: Partial<GcpImpersonationSource> = {}) {
  const fake = fakeGcp({ now: () => startMs })
  const tools = toolsOver(fake.handle)
  const { serviceAccount } = fake
  const options = { serviceAccount, scopes, token: { static: fake.callerToken }, ...more }
  return { fake, tools, source: gcpSource(options, tools) }
}

describe('an access token of a service account of Google', () => {
  it('is had in the name of the caller', async () => {
    const { fake, source, tools } = setUp({ lifetimeSeconds: 600, delegates: ['a@b.test'] })
    const secret = await source.get(never)
    expect(secret.bytes.toString()).to.equal('ya29.c.1')
    expect(secret.expiresAt).to.equal(startMs + 600_000)
    expect(fake.asked).to.deep.equal([
      { scope: scopes, lifetime: '600s', delegates: ['projects/-/serviceAccounts/a@b.test'] },
    ])
    for (const bytes of [...tools.secrets, ...tools.answers]) {
      expect(bytes.every((byte) => byte === 0)).to.equal(true)
    }
  })

  it('holds for an hour where nothing else is said', async () => {
    expect((await setUp().source.get(never)).expiresAt).to.equal(startMs + 3_600_000)
  })

  const refused: [string, Partial<GcpImpersonationSource>, RegExp][] = [
    ['another caller', { token: { static: 'ya29.other' } }, /401.*caller/],
    ['another account', { serviceAccount: 'admin@p.test' }, /403.*Token Creator/],
    ['another address', { endpoint: 'https://iam.test/v2' }, /404/],
    ['no scope', { scopes: [] }, /scope/],
    ['no time', { lifetimeSeconds: 0 }, /1 to 43200/],
    ['an account that is a path', { serviceAccount: 'a@b.test/x' }, /e-mail/],
    ['a token with a line end', { token: { static: 'a\r\nx: y' } }, /caller's own token/],
  ]
  for (const [title, more, message] of refused) {
    it(`is not had with ${title}`, async () => {
      expect((await faultOf(setUp(more).source.get(never))).message).to.match(message)
    })
  }
})
