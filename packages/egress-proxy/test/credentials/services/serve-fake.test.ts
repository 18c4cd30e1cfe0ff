import { expect } from 'chai'
import { compileGuard } from '../../../dist/addresses/guard.js'
import type { SourceTools } from '../../../dist/credentials/secret.js'
import { tokenFetch } from '../../../dist/credentials/token-fetch-dial.js'
import type { Dialer } from '../../../dist/dial/dial.js'
import { createDialer } from '../../../dist/dial/create-dialer-dial.js'
import { OwnAddresses } from '../../../dist/dial/own-dial.js'
import { defaultLimits } from '../../../dist/limits.js'
import { awsRoleSource } from '../../../dist/credentials/services/aws-role.js'
import { oauth2Source } from '../../../dist/credentials/services/oauth2.js'
import { vaultSource } from '../../../dist/credentials/services/vault.js'
import { fakeOAuth2 } from './fake-oauth2.ts'
import { fakeSts } from './fake-sts.ts'
import { fakeVault } from './fake-vault.ts'
import { type ServedFake, serveFake, serveSecureFake } from './serve-fake.ts'
import { faultOf, never, startMs, toolsOver } from './service-tools.ts'

/** Tools that speak as the proxy does, by a dialer that leads one name to loopback. */
function speaking(
  { port, certificate }: Pick<ServedFake, 'port' | 'certificate'>,
  dialers: Dialer[],
): SourceTools {
  const guard = compileGuard({ allow: ['127.0.0.0/8'], deny: [] })
  const dialer = createDialer({
    limits: defaultLimits,
    own: new OwnAddresses(),
    guard: () => guard,
    hosts: { [`as.test:${port}`]: `127.0.0.1:${port}` },
    ...(certificate !== null && { trust: certificate }),
  })
  dialers.push(dialer)
  const tools = toolsOver(() => ({ status: 500, body: '' }))
  return { ...tools, fetch: tokenFetch(dialer, { credentialMs: 30_000 }) }
}

describe('services over HTTP on loopback', () => {
  let served: ServedFake | null = null
  const dialers: Dialer[] = []
  afterEach(async () => {
    for (const dialer of dialers.splice(0)) dialer.close()
    await served?.close()
    served = null
  })

  it('lease and revoke as over a function: Vault', async () => {
    const fake = fakeVault()
    served = await serveFake(fake.handle)
    const secret = await vaultSource(
      {
        address: served.origin,
        path: 'database/creds/readonly',
        field: 'password',
        token: { static: fake.token },
        namespace: fake.namespace,
      },
      speaking(served, dialers),
    ).get(never)
    await secret.revoke?.(never)
    expect(fake.revoked).to.have.length(1)
  })

  it('verify a signature over what arrived: AWS STS', async () => {
    const fake = fakeSts({ now: () => startMs, region: 'eu-west-1' })
    served = await serveFake(fake.handle)
    const { accessKeyId, secretAccessKey, roleArn, externalId } = fake
    const source = awsRoleSource(
      {
        roleArn,
        externalId,
        keys: {
          accessKeyId: { static: accessKeyId },
          secretAccessKey: { static: secretAccessKey },
        },
        region: 'eu-west-1',
        endpoint: served.origin,
      },
      speaking(served, dialers),
    )
    expect((await source.get(never)).expiresAt).to.equal(startMs + 3_600_000)
  })

  it('hand out tokens over TLS to who trusts them: OAuth 2.0', async () => {
    const fake = fakeOAuth2({ clientAuth: 'basic' })
    const secure = (served = await serveSecureFake(fake.handle, 'as.test'))
    const options = {
      tokenUrl: `${secure.origin}/token`,
      clientId: fake.clientId,
      clientSecret: { static: fake.clientSecret },
    }
    const trusting = speaking(secure, dialers)
    expect((await oauth2Source(options, trusting).get(never)).expiresAt).not.to.equal(null)
    const distrusting = speaking({ port: secure.port, certificate: null }, dialers)
    const fault = await faultOf(oauth2Source(options, distrusting).get(never))
    expect(fault.message)
      .to.match(/as\.test/)
      .and.not.include(fake.clientSecret)
    expect(fault.passing).to.equal(true)
  })
})
