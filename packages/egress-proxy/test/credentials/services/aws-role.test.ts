import type { AwsRoleSource } from '@caisson/core'
import { expect } from 'chai'
import { parseAwsKeys } from '../../../dist/carriers/aws-keys.js'
import { awsKeysSource } from '../../../dist/credentials/services/aws-keys.js'
import { awsRoleSource } from '../../../dist/credentials/services/aws-role.js'
import { assumed, fakeSts, type FakeStsOptions, roleKeys } from './fake-sts.ts'
import { faultOf, never, startMs, toolsOver } from './service-tools.ts'

function setUp(more: Partial<AwsRoleSource> = {}, fakeOptions: Partial<FakeStsOptions> = {}) {
  const fake = fakeSts({ now: () => startMs, region: 'eu-west-1', ...fakeOptions })
  const tools = toolsOver(fake.handle)
  const { sessionToken } = fakeOptions
  const options: AwsRoleSource = {
    roleArn: fake.roleArn,
    keys: {
      accessKeyId: { static: fake.accessKeyId },
      secretAccessKey: { static: fake.secretAccessKey },
      ...(sessionToken !== undefined && { sessionToken: { static: sessionToken } }),
    },
    region: 'eu-west-1',
    externalId: fake.externalId,
    ...more,
  }
  return { fake, tools, source: awsRoleSource(options, tools) }
}

describe('keys for a role of AWS', () => {
  it('are had by a signed request that a verifier of its own takes', async () => {
    const sessionPolicy = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 's3:*' }],
    }
    const { fake, source, tools } = setUp({ sessionPolicy, durationSeconds: 900 })
    const secret = await source.get(never)
    const keys = parseAwsKeys(secret.bytes)
    expect(keys.accessKeyId).to.equal(roleKeys.accessKeyId)
    expect(keys.secretAccessKey.toString()).to.equal(roleKeys.secretAccessKey)
    expect(keys.sessionToken).to.equal(roleKeys.sessionToken)
    expect(secret.expiresAt).to.equal(startMs + 900_000)
    expect(tools.requests[0]?.url).to.equal('https://sts.eu-west-1.amazonaws.com/')
    expect(JSON.parse(fake.asked[0]?.['Policy'] ?? '')).to.deep.equal(sessionPolicy)
    for (const bytes of [...tools.secrets, ...tools.answers]) {
      expect(bytes.every((byte) => byte === 0)).to.equal(true)
    }
  })

  it('are had by keys that themselves are of a session', async () => {
    const { source } = setUp({}, { sessionToken: 'token-of-the-caller' })
    expect((await source.get(never)).expiresAt).to.equal(startMs + 3_600_000)
  })

  it('are asked for in China where China answers', async () => {
    const { source, tools } = setUp({ region: 'cn-north-1' }, { region: 'cn-north-1' })
    await source.get(never)
    expect(tools.requests[0]?.url).to.equal('https://sts.cn-north-1.amazonaws.com.cn/')
  })

  const refused: [string, Partial<AwsRoleSource>, RegExp][] = [
    [
      'a wrong key',
      { keys: { accessKeyId: { static: 'AKIDEXAMPLE' }, secretAccessKey: { static: 'x' } } },
      /403.*check the keys/,
    ],
    ['another role', { roleArn: 'arn:aws:iam::123456789012:role/admin' }, /403.*trust policy/],
    ['another external id', { externalId: 'other' }, /403.*externalId/],
    ['another region than the endpoint', { region: 'us-east-1' }, /403/],
    ['what is no role', { roleArn: 'admin' }, /no ARN/],
    ['a region that is an address', { region: 'evil.test/' }, /no name of a region/],
    ['a short time', { durationSeconds: 899 }, /900 to 43200/],
    ['a long time', { durationSeconds: 43_201 }, /900 to 43200/],
    ['a name of a session with a blank', { sessionName: 'a b' }, /sessionName/],
    ['a long policy', { sessionPolicy: { a: 'x'.repeat(2048) } }, /2048/],
    ['an address of no scheme', { endpoint: 'sts.test' }, /must be a URL/],
    [
      'a key with a line end',
      { keys: { accessKeyId: { static: 'A' }, secretAccessKey: { static: 'sesame\nx' } } },
      /secretAccessKey is empty, or holds/,
    ],
  ]
  for (const [title, more, message] of refused) {
    it(`are not had with ${title}`, async () => {
      const fault = await faultOf(setUp(more).source.get(never))
      expect(fault.message)
        .to.match(message)
        .and.not.match(/told to nobody|sesame/)
    })
  }

  it('are not read from an answer with them twice, or none', async () => {
    const text = assumed(startMs + 900_000)
    const bodies = [
      text.replace('<AccessKeyId>', '<AccessKeyId>AKIAOTHER</AccessKeyId><AccessKeyId>'),
      text.replaceAll('AccessKeyId>', 'accessKeyId>'),
      text.replace(/<Credentials>[^]*<\/Credentials>/, ''),
      text.replace(roleKeys.sessionToken, ''),
      text.replace(roleKeys.secretAccessKey, '<a/>'),
      text.replace(roleKeys.secretAccessKey, 'a&#10;b'),
      text.replaceAll('AssumeRoleResponse', 'ErrorResponse'),
      assumed(startMs),
      '',
    ]
    const { fake } = setUp()
    const keys = { accessKeyId: { static: 'A' }, secretAccessKey: { static: 'B' } }
    for (const body of bodies) {
      const tools = toolsOver(() => ({ status: 200, body }))
      const source = awsRoleSource({ roleArn: fake.roleArn, keys, region: 'eu-west-1' }, tools)
      expect((await faultOf(source.get(never))).message).to.match(/^the answer of AWS STS/)
    }
  })
})

describe('keys of AWS as they are', () => {
  const handler = () => ({ status: 500, body: '' })

  it('are read one by one, and end with the first of them', async () => {
    const tools = toolsOver(handler)
    const source = awsKeysSource(
      {
        accessKeyId: { static: 'AKIDEXAMPLE', ttlMs: 9000 },
        secretAccessKey: { static: 'sesame', ttlMs: 7000 },
        sessionToken: { static: 'token' },
      },
      tools,
    )
    const secret = await source.get(never)
    expect(JSON.parse(secret.bytes.toString())).to.deep.equal({
      Version: 1,
      AccessKeyId: 'AKIDEXAMPLE',
      SecretAccessKey: 'sesame',
      SessionToken: 'token',
    })
    expect(secret.expiresAt).to.equal(startMs + 7000)
    for (const bytes of tools.secrets) expect(bytes.every((byte) => byte === 0)).to.equal(true)
  })

  it('are none with a key id that could end a header early', async () => {
    const source = awsKeysSource(
      { accessKeyId: { static: 'AK/ID' }, secretAccessKey: { static: 'sesame' } },
      toolsOver(handler),
    )
    const fault = await faultOf(source.get(never))
    expect(fault.message)
      .to.match(/AccessKeyId/)
      .and.not.match(/sesame|AK\/ID/)
  })
})
