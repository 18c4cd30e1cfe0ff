import type { CredentialSource } from '@caisson/core'
import { expect } from 'chai'
import { sigv4Carrier } from '../../../dist/carriers/sigv4-carrier.js'
import { localReader } from '../../../dist/credentials/local-reader.js'
import type { Secret, SourceTools } from '../../../dist/credentials/secret.js'
import { sourceOf } from '../../../dist/credentials/source-of.js'
import { signatureFault } from '../../carriers/sigv4-verifier.ts'
import { fakeGcp } from './fake-gcp.ts'
import { fakeGitHub } from './fake-github.ts'
import { fakeOAuth2 } from './fake-oauth2.ts'
import type { FakeHandler } from './fake-service.ts'
import { fakeSts, roleKeys } from './fake-sts.ts'
import { fakeVault } from './fake-vault.ts'
import { never, startMs, toolsOver } from './service-tools.ts'

const now = () => startMs

/** Has a secret as a policy names it, with what it needs read on the host by the real reader. */
function had(source: CredentialSource, handler: FakeHandler): Promise<Secret> {
  const tools: SourceTools = { ...toolsOver(handler, now), read: localReader({ now }) }
  return sourceOf('id', source, tools).get(never)
}

describe('a source of a policy', () => {
  it('has keys for a role, with which a request to S3 is signed as S3 takes it', async () => {
    const sts = fakeSts({ now, region: 'eu-west-1' })
    const keys = {
      accessKeyId: { static: sts.accessKeyId },
      secretAccessKey: { static: sts.secretAccessKey },
    }
    const { roleArn, externalId } = sts
    const role = { roleArn, externalId, keys, region: 'eu-west-1' }
    const secret = await had({ awsRole: role }, sts.handle)
    const carrier = sigv4Carrier({
      service: 's3',
      region: 'eu-west-1',
      bucketOwner: '123456789012',
    })
    const head = {
      method: 'PUT',
      scheme: 'https',
      authority: 'b.s3.eu-west-1.amazonaws.com',
      target: "/reports/2026%20(final)/it's+done.txt?partNumber=1&uploadId=a%2Bb",
      headers: [['content-type', 'text/plain']],
      upgrade: null,
    } as const
    const sent = carrier.put({ head, body: Buffer.from('text') }, secret.bytes, startMs)
    const received = {
      method: 'PUT',
      target: sent.head.target,
      headers: { ...Object.fromEntries(sent.head.headers), host: sent.head.authority },
      body: Buffer.from('text'),
    }
    const scope = { region: 'eu-west-1', service: 's3', nowMs: startMs }
    expect(received.headers).to.include({ 'x-amz-security-token': roleKeys.sessionToken })
    expect(signatureFault(received, { ...roleKeys, ...scope })).to.equal(null)
    const late = { ...roleKeys, ...scope, nowMs: startMs + 600_000 }
    expect(signatureFault(received, late)).to.equal('another time')
  })

  it('has a token of GitHub, Google, an OAuth 2.0 server, and a secret of Vault', async () => {
    const github = fakeGitHub({ now })
    const { appId, installationId } = github
    const privateKey = { static: `${github.privateKey}\n` }
    const app = { githubApp: { appId, installationId, privateKey } }
    expect(github.tokens.has(String((await had(app, github.handle)).bytes))).to.equal(true)

    const google = fakeGcp({ now })
    const { serviceAccount } = google
    const gcp = { serviceAccount, scopes: ['s'], token: { static: `${google.callerToken}\n` } }
    expect(String((await had({ gcp }, google.handle)).bytes)).to.equal('ya29.c.1')

    const server = fakeOAuth2({ clientAuth: 'basic' })
    const { clientId } = server
    const clientSecret = { static: server.clientSecret }
    const oauth2 = { tokenUrl: 'https://as.test/token', clientId, clientSecret }
    expect(server.live.has(String((await had({ oauth2 }, server.handle)).bytes))).to.equal(true)

    const { handle, token, namespace } = fakeVault()
    const place = { address: 'https://vault.test', path: 'kv/api', field: 'key', namespace }
    const vault = { ...place, token: { static: `${token}\n` } }
    expect(String((await had({ vault }, handle)).bytes)).to.equal('kv-1')
  })
})
