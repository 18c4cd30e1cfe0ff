import { expect } from 'chai'
import {
  expectDone,
  expectForeign,
  expectRefused,
  expectUnseen,
} from './packages/expect-refused.ts'
import { guarded, type Guarded, longestTestMs, withoutVariables } from './packages/guarded.ts'
import { whyNot } from './packages/installed.ts'
import type { Site } from './packages/origin.ts'
import { held, heldIn, stolen } from './support/held.ts'

const api = 'https://api.good.test'
const other = 'https://other.good.test'
const why = whyNot('curl', '--version')

const page: Site = ({ target, body }) => ({ body: `page at ${target}, given ${body.length}` })

function outside(): Promise<Guarded<typeof api | typeof other>> {
  const allow = [
    { host: 'api.good.test', paths: ['/public/**'] },
    { host: 'api.good.test', methods: ['PUT'], paths: ['/upload'] },
  ]
  return guarded({ network: { allow }, sites: { [api]: page, [other]: page } })
}

/** Shows the refusal too, and fails for it. */
const curl = ['curl', '-sS', '--fail-with-body']
/** By which a script finds the door that the variables name, to speak SOCKS at it. */
const bySocks = (scheme: string, url: string): string[] => [
  'sh',
  '-c',
  'door=${HTTPS_PROXY#http://}; exec curl -sS --fail-with-body --proxy "$1://$door" "$2"',
  'sh',
  scheme,
  url,
]

describe(`curl in a sandbox${why}`, function () {
  this.timeout(longestTestMs)
  before(function () {
    if (why !== '') this.skip()
  })

  for (const [option, version] of [
    ['--http1.1', '1.1'],
    ['--http2', '2'],
  ] as const) {
    it(`reads an allowed page by HTTP/${version}`, async () => {
      await using world = await outside()
      const result = await world.run([
        ...curl,
        option,
        '-w',
        ' by %{http_version}',
        `${api}/public/a?b=1`,
      ])
      expectDone(result)
      expect(result.stdout).to.equal(`page at /public/a?b=1, given 0 by ${version}`)
      expect(world.origins[api].seen).to.deep.equal(['GET /public/a?b=1'])
    })

    it(`is told by HTTP/${version} which path it may not read`, async () => {
      await using world = await outside()
      const result = await world.run([...curl, option, `${api}/private`])
      expectRefused(result, 'GET api.good.test/private')
      expect(JSON.parse(result.stdout)).to.have.nested.property('refused.code', 'path_not_allowed')
      expect(world.origins[api].connections).to.equal(0)
    })
  }

  for (const scheme of ['socks5h', 'socks5']) {
    it(`reads an allowed page through ${scheme}`, async () => {
      await using world = await outside()
      const result = await world.run(bySocks(scheme, `${api}/public/a`))
      expectDone(result)
      expect(result.stdout).to.equal('page at /public/a, given 0')
    })
  }

  it('is refused another host through socks5h', async () => {
    await using world = await outside()
    const result = await world.run(bySocks('socks5h', `${other}/public/a`))
    expectRefused(result, 'other.good.test:443')
    expect(world.origins[other].connections).to.equal(0)
  })

  it('does not find the name of another host for socks5', async () => {
    await using world = await outside()
    const result = await world.run(bySocks('socks5', `${other}/public/a`))
    expectRefused(result, 'other.good.test')
    expect(world.origins[other].connections).to.equal(0)
  })

  it('reads an allowed page without any variable', async () => {
    await using world = await outside()
    const result = await world.run([...withoutVariables, ...curl, `${api}/public/a`])
    expectDone(result)
    expect(world.origins[api].seen).to.deep.equal(['GET /public/a'])
  })

  it('does not find the name of another host without any variable', async () => {
    await using world = await outside()
    const result = await world.run([...withoutVariables, ...curl, `${other}/public/a`])
    expectRefused(result, 'other.good.test')
    expect(result.stderr).to.include('Could not resolve host')
    expect(world.origins[other].connections).to.equal(0)
  })

  it('uploads a file where that is allowed', async () => {
    await using world = await outside()
    await world.sandbox.fs.writeFile('/tmp/file', 'x'.repeat(300_000))
    const result = await world.run([...curl, '-T', '/tmp/file', `${api}/upload`])
    expectDone(result)
    expect(result.stdout).to.equal('page at /upload, given 300000')
  })

  it('is told that it may not upload elsewhere', async () => {
    await using world = await outside()
    await world.sandbox.fs.writeFile('/tmp/file', 'a secret')
    const result = await world.run([...curl, '-T', '/tmp/file', `${api}/public/a`])
    expectRefused(result, 'PUT api.good.test/public/a')
    expect(JSON.parse(result.stdout)).to.have.nested.property('refused.code').that.is.a('string')
    expect(world.origins[api].connections).to.equal(0)
  })

  it('does not reach another host', async () => {
    await using world = await outside()
    const result = await world.run([...curl, `${other}/public/a`])
    expectRefused(result, 'other.good.test:443')
    expect(result.stderr).to.include('403')
    expect(world.origins[other].connections).to.equal(0)
  })
})

/** One host that wants a user and a password, and one that is spoken to in nobody's name. */
function inOurName(): Promise<Guarded<typeof api | typeof other>> {
  const allow = [{ host: 'api.good.test', identity: 'key' }, { host: 'other.good.test' }]
  const policy = { credentials: heldIn({ basic: 'reader' }) }
  return guarded({ network: { allow }, sites: { [api]: page, [other]: page }, policy })
}

const shell = (line: string): string[] => ['sh', '-c', `${curl.join(' ')} ${line}`]

describe(`curl with a password in a sandbox${why}`, function () {
  this.timeout(longestTestMs)
  before(function () {
    if (why !== '') this.skip()
  })

  for (const [how, line] of [
    ['nothing', `${api}/a`],
    ['its dummy by -u', `-u reader:$API_KEY ${api}/a`],
    ['its dummy in the address', `https://reader:$API_KEY@api.good.test/a`],
    ['its dummy by HTTP/1.1', `--http1.1 -u reader:$API_KEY ${api}/a`],
  ] as const) {
    it(`sends ${how}, and the password arrives`, async () => {
      await using world = await inOurName()
      const result = await world.run(shell(line))
      expectDone(result)
      const coded = Buffer.from(`reader:${held}`).toString('base64')
      const [request] = world.origins[api].requests
      expect(request?.headers['authorization']).to.equal(`Basic ${coded}`)
      await expectUnseen(world.sandbox, held, [result])
      await expectUnseen(world.sandbox, coded, [result])
    })
  }

  for (const [how, options] of [
    ['a password of its own', `-u reader:${stolen}`],
    ['two of them', `-u reader:$API_KEY -H 'Authorization: Basic eDp5'`],
    ['a bearer token', `-H 'Authorization: Bearer ${stolen}'`],
    ['a cookie', `-b session=${stolen}`],
    ['a key in another header', `-H 'X-Api-Key: ${stolen}'`],
  ] as const) {
    it(`sends ${how} neither in our name nor in nobody's`, async () => {
      await using world = await inOurName()
      for (const url of [api, other] as const) {
        const result = await world.run(shell(`${options} ${url}/a`))
        expectRefused(result, `GET ${new URL(url).hostname}/a`)
        expect(result.stdout).to.match(/"code":"(foreign_credential|dummy_misused)"/)
        expect(world.origins[url].requests).to.deep.equal([])
      }
      expect(world.alarms.length).to.be.greaterThan(0)
    })
  }

  it('is told so in a way that it shows', async () => {
    await using world = await inOurName()
    const result = await world.run(shell(`-u reader:${stolen} ${api}/a`))
    expectForeign(world, result, 'GET api.good.test/a')
    expect(result.stdout).to.include('the proxy adds the credential \\"key\\" by itself')
  })

  it('takes its dummy nowhere else', async () => {
    await using world = await inOurName()
    expectRefused(await world.run(shell(`-u reader:$API_KEY ${other}/a`)), 'GET other.good.test/a')
    expect(world.alarms.map(({ kind, about }) => [kind, about])).to.deep.equal([
      ['dummy_misused', 'key'],
    ])
    expect(world.origins[other].requests).to.deep.equal([])
  })
})
