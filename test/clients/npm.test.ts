import type { Credential, ExecResult, NetworkPolicy } from '@caisson/core'
import { services } from '@caisson/egress-proxy'
import { expect } from 'chai'
import {
  expectDone,
  expectForeign,
  expectRefused,
  expectUnseen,
} from './packages/expect-refused.ts'
import { guarded, type Guarded, longestTestMs } from './packages/guarded.ts'
import { whyNot } from './packages/installed.ts'
import { npmRegistry } from './packages/npm-registry.ts'
import type { Site } from './packages/origin.ts'

const registry = 'https://registry.good.test'
const other = 'https://other.good.test'
const why = whyNot('npm', '--version')

const site = npmRegistry(registry, [
  {
    name: 'left',
    version: '1.0.0',
    dependencies: { right: '^2.0.0' },
    source: 'module.exports = `left and ${require("right")}`',
  },
  { name: 'right', version: '2.0.1', source: 'module.exports = "right"' },
  { name: '@scope/name', version: '3.0.0', source: 'module.exports = "scoped"' },
])

type World = Guarded<typeof registry | typeof other>

function outside(network: NetworkPolicy = { allow: ['registry.good.test'] }): Promise<World> {
  return guarded({ network, sites: { [registry]: site, [other]: site } })
}

/** Runs a line of shell in a project; the registry is all that npm is told. */
function inProject(world: World, line: string, from = registry): Promise<ExecResult> {
  const script = `mkdir -p /tmp/project && cd /tmp/project && ${line}`
  return world.run(['sh', '-c', script], { npm_config_registry: `${from}/` })
}

describe(`npm in a sandbox${why}`, function () {
  this.timeout(longestTestMs)
  before(function () {
    if (why !== '') this.skip()
  })

  it('installs a package and its dependency', async () => {
    await using world = await outside()
    expectDone(await inProject(world, 'npm install left'))
    const { stdout } = await inProject(world, `node -p 'require("left")'`)
    expect(stdout).to.equal('left and right\n')
    expect(world.origins[registry].seen).to.include.members([
      'GET /left',
      'GET /right',
      'GET /left/-/left-1.0.0.tgz',
      'GET /right/-/right-2.0.1.tgz',
    ])
  })

  it('installs a package of a scope, whose name has an escaped slash', async () => {
    await using world = await outside()
    expectDone(await inProject(world, 'npm install @scope/name'))
    const { stdout } = await inProject(world, `node -p 'require("@scope/name")'`)
    expect(stdout).to.equal('scoped\n')
    expect(world.origins[registry].seen).to.include.members([
      'GET /@scope%2Fname',
      'GET /@scope/name/-/name-3.0.0.tgz',
    ])
  })

  it('is told that an escaped slash is refused where paths are judged', async () => {
    const allow = [{ host: 'registry.good.test', paths: ['/**'] }]
    await using world = await outside({ allow })
    const result = await inProject(world, 'npm install @scope/name')
    expectRefused(result, 'GET registry.good.test/@scope%2fname')
    expect(result.stderr).to.include('npm error 400 the path holds an escaped slash - GET ')
    const [denial] = result.denials.filter(({ message }) => message.includes('escaped slash'))
    expect(denial?.remedy).to.include('to allow registry.good.test by rules without paths')
    expect(world.origins[registry].seen.join()).to.not.include('scope')
  })

  it('does not publish', async () => {
    await using world = await outside()
    await world.sandbox.fs.writeFile('/tmp/project/package.json', manifest, { parents: true })
    await world.sandbox.fs.writeFile('/tmp/project/.npmrc', '//registry.good.test/:_authToken=none')
    const result = await inProject(world, 'npm publish')
    expectRefused(result, 'PUT registry.good.test/mine')
    expect(result.stderr).to.match(/npm error 405 PUT is not allowed .* - PUT https:.*\/mine/)
    expect(world.origins[registry].seen.filter((one) => !one.startsWith('GET '))).to.deep.equal([])
  })

  it('does not reach another registry', async () => {
    await using world = await outside()
    const result = await inProject(world, 'npm install left --fetch-retries=0', other)
    expectRefused(result, 'other.good.test:443')
    expect(result.stderr).to.include('npm error').and.include('other.good.test')
    expect(world.origins[other].connections).to.equal(0)
  })
})

const token = 'made-up-token-of-ours-0123456789'
const theirs = 'brought-along-by-somebody-else-42'
const bearer: Credential = {
  source: { static: token },
  carrier: { header: 'authorization', scheme: 'Bearer' },
  expose: 'NPM_TOKEN',
}
/** A registry that nobody reads without its token. */
const closed: Site = (request) => {
  const isOurs = request.headers['authorization'] === `Bearer ${token}`
  return isOurs ? site(request) : { status: 401, body: '' }
}

/** A way out that is ready made, to a registry for all or for whoever has the token. */
async function byService(credential?: 'npm'): Promise<World> {
  const allow = await services.npm.install({ registry, credential })
  const sites = { [registry]: credential === undefined ? site : closed, [other]: site }
  const policy = { credentials: { npm: bearer } }
  return guarded({ network: { allow }, sites, policy })
}

/** Has npm send what is given as its own: a token, or a variable that holds one. */
const withToken = (value: string, line: string): string =>
  `echo '//registry.good.test/:_authToken=${value}' > .npmrc && ${line}`

describe(`npm with services.npm.install${why}`, function () {
  this.timeout(longestTestMs)
  before(function () {
    if (why !== '') this.skip()
  })

  it('installs packages with and without a scope, in nobody’s name', async () => {
    await using world = await byService()
    expectDone(await inProject(world, 'npm install left @scope/name'))
    const { stdout } = await inProject(world, `node -p 'require("left") + require("@scope/name")'`)
    expect(stdout).to.equal('left and rightscoped\n')
    expect(world.origins[registry].seen).to.include.members([
      'GET /@scope%2Fname',
      'GET /@scope/name/-/name-3.0.0.tgz',
      'GET /left/-/left-1.0.0.tgz',
    ])
    const headers = world.origins[registry].requests.flatMap((one) => Object.keys(one.headers))
    expect(headers).to.not.include('authorization')
  })

  for (const [how, line] of [
    ['without any', 'npm install left @scope/name'],
    ['with its dummy', withToken('${NPM_TOKEN}', 'npm install left @scope/name')],
  ] as const) {
    it(`installs what is for members only, ${how}, under a token that it never sees`, async () => {
      await using world = await byService('npm')
      const result = await inProject(world, line)
      expectDone(result)
      const shown = world.origins[registry].requests.map((one) => one.headers['authorization'])
      expect(new Set(shown)).to.deep.equal(new Set([`Bearer ${token}`]))
      await expectUnseen(world.sandbox, token, [result])
      expect(world.alarms).to.deep.equal([])
    })
  }

  for (const [whose, credential, remedy] of [
    ['nobody', undefined, 'send the request without it, or ask the owner of the sandbox'],
    ['us', 'npm', 'leave it out of the header "authorization": the proxy adds the credential'],
  ] as const) {
    it(`is told to leave out a token of its own where ${whose} is asked for`, async () => {
      await using world = await byService(credential)
      const result = await inProject(world, withToken(theirs, 'npm install left'))
      expectForeign(world, result, 'GET registry.good.test/left')
      expect(result.stderr).to.match(
        /npm error 403 403 the header "authorization" says in whose name/,
      )
      expect(result.stderr).to.include(remedy)
      expect(world.origins[registry].requests).to.deep.equal([])
    })
  }

  it('takes its token to no other registry', async () => {
    await using world = await byService('npm')
    const line = withToken('${NPM_TOKEN}', 'npm install left').replace(
      'registry.good',
      'other.good',
    )
    expectRefused(await inProject(world, `${line} --fetch-retries=0`, other), 'other.good.test:443')
    expect(world.origins[other].connections).to.equal(0)
  })

  for (const value of ['${NPM_TOKEN}', theirs]) {
    it(`does not publish with ${value === theirs ? 'a token of its own' : 'its dummy'}`, async () => {
      await using world = await byService('npm')
      await world.sandbox.fs.writeFile('/tmp/project/package.json', manifest, { parents: true })
      const result = await inProject(world, withToken(value, 'npm publish'))
      expectRefused(result, 'PUT registry.good.test/mine')
      const writes = world.origins[registry].seen.filter((one) => !one.startsWith('GET '))
      expect(writes).to.deep.equal([])
    })
  }
})

const manifest = JSON.stringify({ name: 'mine', version: '1.0.0' })
