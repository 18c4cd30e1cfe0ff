import type { ExecResult, NetworkPolicy } from '@caisson/core'
import { expect } from 'chai'
import { expectDone, expectRefused } from './packages/expect-refused.ts'
import { guarded, type Guarded, longestTestMs } from './packages/guarded.ts'
import { whyNot } from './packages/installed.ts'
import { npmRegistry } from './packages/npm-registry.ts'

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

const manifest = JSON.stringify({ name: 'mine', version: '1.0.0' })
