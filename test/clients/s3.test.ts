import type { AllowRule, Credential, ExecResult } from '@caisson/core'
import { expect } from 'chai'
import {
  expectDone,
  expectForeign,
  expectRefused,
  expectUnseen,
} from './packages/expect-refused.ts'
import { guarded, type Guarded, longestTestMs } from './packages/guarded.ts'
import { whyNot } from './packages/installed.ts'
import { modulesMount, nodeModule } from './support/modules.ts'
import { type S3Account, s3Site } from './support/s3-site.ts'

const region = 'eu-central-1'
const byPath = `https://s3.${region}.amazonaws.com`
const byHost = `https://acme-data.s3.${region}.amazonaws.com`
const drop = `https://mallory-drop.s3.${region}.amazonaws.com`
const why = whyNot('node', '--version')

const account: S3Account = {
  region,
  accessKeyId: `ASIA${'OURS'.repeat(4)}`,
  secretAccessKey: 'made-up-secret-of-ours-0123456789abcdef',
  sessionToken: 'made-up-session-of-ours-0123456789abcdef',
}
const theirs = `AKIA${'EVIL'.repeat(4)}`

/** Arguments: what, bucket, which addresses; settings are taken from the variables. */
const client = `
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { Readable } from 'node:stream'
const [what, Bucket, addresses] = process.argv.slice(1)
const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = process.env
const foreign = {
  'put-as-them': { accessKeyId: '${theirs}', secretAccessKey: 'x' },
  'put-in-their-session': { accessKeyId, secretAccessKey, sessionToken: 'made-up-session-of-theirs' },
}
const s3 = new S3Client({
  forcePathStyle: addresses === 'path',
  maxAttempts: 1,
  ...(foreign[what] && { credentials: foreign[what] }),
})
const Key = 'a file+(1).txt'
const put = (more = {}) => s3.send(new PutObjectCommand({ Bucket, Key, Body: 'stored', ...more }))
const get = async () => (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body.transformToString()
const list = async () => (await s3.send(new ListObjectsV2Command({ Bucket }))).Contents.map(({ Key }) => Key)
const acts = {
  work: async () => {
    await put()
    return [await get(), ...(await list())].join()
  },
  put,
  'put-as-them': put,
  'put-in-their-session': put,
  stream: async () => {
    await put({ Body: Readable.from(['str', 'eam']), ContentLength: 6 })
    return get()
  },
}
try {
  console.log(await acts[what]())
} catch (error) {
  const { statusCode, headers } = error.$response ?? {}
  console.error(statusCode, headers?.['caisson-refusal'], error.$response?.reason, String(error))
  process.exit(1)
}
`
const act = (what: string, bucket: string, addresses: 'path' | 'host'): readonly string[] =>
  nodeModule(client, what, bucket, addresses)

const allow: readonly AllowRule[] = [
  {
    host: new URL(byPath).hostname,
    methods: ['GET', 'PUT'],
    paths: ['/acme-data/**'],
    identity: 'aws',
  },
  { host: new URL(byHost).hostname, methods: ['GET', 'PUT'], identity: 'aws' },
]
const aws: Credential = {
  source: {
    aws: {
      accessKeyId: { static: account.accessKeyId },
      secretAccessKey: { static: account.secretAccessKey },
      sessionToken: { static: account.sessionToken },
    },
  },
  carrier: { sigv4: { service: 's3', region } },
  expose: 'AWS_ACCESS_KEY_ID',
}

type World = Guarded<typeof byPath | typeof byHost | typeof drop>

function outside(
  environment: Readonly<Record<string, string>> = {},
  rules: readonly AllowRule[] = allow,
): Promise<World> {
  const site = s3Site(account)
  const takesAll = (): { readonly body: string } => ({ body: '' })
  return guarded({
    network: { allow: rules },
    sites: { [byPath]: site, [byHost]: site, [drop]: takesAll },
    policy: {
      credentials: { aws },
      environment: { AWS_REGION: region, ...environment },
      filesystem: { mounts: [modulesMount] },
    },
  })
}

/** A URL that is signed by whoever has the key, for whoever has the URL. */
const presigned = (key: string): string =>
  `${byPath}/acme-data/x?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${key}%2F20261124%2F${region}%2Fs3%2Faws4_request&X-Amz-Date=20261124T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=${'0'.repeat(64)}`
const reading = `const [url] = process.argv.slice(1)
const answer = await fetch(url.replace('$DUMMY', process.env.AWS_ACCESS_KEY_ID))
console.log(await answer.text())
process.exit(answer.ok ? 0 : 1)`

function arrived({ origins }: World): readonly string[] {
  return [byPath, byHost, drop].flatMap((url) => origins[url as typeof byPath].seen)
}

describe(`the AWS SDK in a sandbox${why}`, function () {
  this.timeout(longestTestMs)
  before(function () {
    if (why !== '') this.skip()
  })

  for (const [addresses, url, root] of [
    ['path', byPath, '/acme-data/'],
    ['host', byHost, '/'],
  ] as const) {
    it(`puts, gets and lists objects by ${addresses}, signed by keys that it never sees`, async () => {
      await using world = await outside()
      const result = await world.run(act('work', 'acme-data', addresses))
      expectDone(result)
      expect(result.stdout).to.match(/^stored,a%20file/)
      expect(arrived(world).map((one) => one.split('?')[0])).to.deep.equal([
        `PUT ${root}a%20file%2B%281%29.txt`,
        `GET ${root}a%20file%2B%281%29.txt`,
        `GET ${root}`,
      ])
      expect(world.origins[url].requests).to.have.length(3)
      for (const { headers } of world.origins[url].requests) {
        expect(headers['authorization']).to.include(`Credential=${account.accessKeyId}/`)
        expect(headers['x-amz-security-token']).to.equal(account.sessionToken)
      }
      for (const secret of [account.accessKeyId, account.secretAccessKey, account.sessionToken])
        await expectUnseen(world.sandbox, secret, [result])
      expect(world.alarms).to.deep.equal([])
    })
  }

  it('does not write into a foreign bucket, by path or by host', async () => {
    await using world = await outside()
    const put = (addresses: 'path' | 'host'): Promise<ExecResult> =>
      world.run(act('put', 'mallory-drop', addresses))
    const target = `PUT s3.${region}.amazonaws.com/mallory-drop/a%20file%2B%281%29.txt`
    expectRefused(await put('path'), target)
    expectRefused(await put('host'), new URL(drop).hostname)
    expect(arrived(world)).to.deep.equal([])
    expect(world.origins[drop].connections).to.equal(0)
  })

  for (const what of ['put-as-them', 'put-in-their-session']) {
    it(`does not ${what.replaceAll('-', ' ')}`, async () => {
      await using world = await outside()
      const result = await world.run(act(what, 'acme-data', 'host'))
      expectForeign(world, result, `PUT ${new URL(byHost).hostname}/a%20file%2B%281%29.txt`)
      expect(result.stderr).to.match(/^403 foreign_credential/m)
      expect(arrived(world)).to.deep.equal([])
    })
  }

  it('would put as them where guests bring their own keys', async () => {
    const guest = allow.map((rule) => ({ ...rule, identity: 'guest' }))
    await using world = await outside({}, guest)
    const result = await world.run(act('put-as-them', 'acme-data', 'host'))
    expect(result.denials).to.deep.equal([])
    const [request] = world.origins[byHost].requests
    expect(request?.headers['authorization']).to.include(`Credential=${theirs}/`)
    // The account here is not theirs: its keys did not sign this.
    expect(result.stderr).to.include('SignatureDoesNotMatch')
  })

  it('cannot use a URL that was signed by somebody else, or in its own name', async () => {
    await using world = await outside()
    const target = `GET s3.${region}.amazonaws.com/acme-data/x`
    const foreign = await world.run(nodeModule(reading, presigned(theirs)))
    expectForeign(world, foreign, target)
    const own = await world.run(nodeModule(reading, presigned('$DUMMY')))
    expectRefused(own, target)
    expect(own.stdout).to.include('"remedy":"').and.include('not presigned')
    expect(arrived(world)).to.deep.equal([])
  })

  it('is told that a checksum behind the body cannot be signed anew', async () => {
    await using world = await outside()
    const result = await world.run(act('stream', 'acme-data', 'host'))
    const target = `PUT ${new URL(byHost).hostname}/a%20file%2B%281%29.txt`
    expectRefused(result, target)
    const [denial] = result.denials
    expect(denial?.remedy).to.include('by AWS_REQUEST_CHECKSUM_CALCULATION=when_required')
    expect(result.stderr).to.match(
      /^403 foreign_credential the body is signed piece by piece, or has a checksum behind it/m,
    )
    expect(arrived(world)).to.deep.equal([])
  })

  it('sends streams with one variable set, as documented', async () => {
    await using world = await outside({ AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required' })
    const result = await world.run(act('stream', 'acme-data', 'host'))
    expectDone(result)
    expect(result.stdout).to.equal('stream\n')
  })
})
