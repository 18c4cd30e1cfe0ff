import { expect } from 'chai'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import type { TokenAnswer, TokenRequest } from '../../../dist/credentials/secret.js'
import { awsRoleSource } from '../../../dist/credentials/services/aws-role.js'
import { oauth2Source } from '../../../dist/credentials/services/oauth2.js'
import { vaultSource } from '../../../dist/credentials/services/vault.js'
import { fakeOAuth2 } from './fake-oauth2.ts'
import { fakeSts } from './fake-sts.ts'
import { fakeVault } from './fake-vault.ts'
import { type ServedFake, serveFake, serveSecureFake } from './serve-fake.ts'
import { faultOf, never, startMs, toolsOver } from './service-tools.ts'

/** Speaks HTTP as a program does; everything at a name is led to loopback. */
function send(asked: TokenRequest, more: RequestOptions): Promise<TokenAnswer> {
  const url = new URL(asked.url)
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest
  const options = { method: asked.method, headers: asked.headers, agent: false, ...more }
  return new Promise((resolve, reject) => {
    const outgoing = start(url, options, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: {}, body: Buffer.concat(chunks) }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(asked.body && Buffer.from(asked.body))
  })
}

describe('services over HTTP on loopback', () => {
  let served: ServedFake | null = null
  afterEach(async () => {
    await served?.close()
    served = null
  })

  function toolsSpeaking(more: RequestOptions = {}) {
    const tools = toolsOver(() => ({ status: 500, body: '' }))
    return { ...tools, fetch: (asked: TokenRequest) => send(asked, more) }
  }

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
      toolsSpeaking(),
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
      toolsSpeaking(),
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
    const toLoopback = { hostname: '127.0.0.1', servername: 'as.test' }
    const trusting = toolsSpeaking({ ...toLoopback, ca: secure.certificate ?? '' })
    expect((await oauth2Source(options, trusting).get(never)).expiresAt).not.to.equal(null)
    const fault = await faultOf(oauth2Source(options, toolsSpeaking(toLoopback)).get(never))
    expect(fault.message).to.match(/could not be asked/)
    expect(fault.passing).to.equal(true)
  })
})
