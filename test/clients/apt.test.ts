import type { AllowRule, ExecResult } from '@caisson/core'
import { expect } from 'chai'
import { archivePath, type DebianPackage, debianMirror } from './packages/debian-mirror.ts'
import { expectDone, expectRefused } from './packages/expect-refused.ts'
import { guarded, type Guarded, longestTestMs, withoutVariables } from './packages/guarded.ts'
import { whyNot } from './packages/installed.ts'

const secure = 'https://mirror.good.test'
const plain = 'http://mirror.good.test'
const other = 'https://other.good.test'
const why = whyNot('apt-get', '--version')

const greeting: DebianPackage = { name: 'greeting', version: '1.0', text: 'hello from a package\n' }
/** As many as apt asks for in one go, and then some. */
const letters = Array.from({ length: 30 }, (_, number) => `letter${number}`)
const site = debianMirror([
  greeting,
  ...letters.map((name) => ({ ...greeting, name, text: name.repeat(3000) })),
])

type World = Guarded<typeof secure | typeof plain | typeof other>

function outside(allow: AllowRule): Promise<World> {
  const sites = { [secure]: site, [plain]: site, [other]: site }
  return guarded({ network: { allow: [allow] }, sites })
}

const folder = '/tmp/apt'
/** Places that the user of the sandbox can write, and one try, as further ones come after a pause. */
const options = [
  `Dir::State=${folder}/state`,
  `Dir::Cache=${folder}/cache`,
  `Dir::Etc=${folder}/etc`,
  'Acquire::Retries=0',
].flatMap((option) => ['-o', option])

/** `apt-get update` with one source. */
async function update(
  world: World,
  source: string,
  prefix: readonly string[] = [],
): Promise<ExecResult> {
  for (const place of ['state/lists/partial', 'cache/archives/partial', 'etc'])
    await world.sandbox.fs.mkdir(`${folder}/${place}`, { recursive: true })
  await world.sandbox.fs.writeFile(`${folder}/etc/sources.list`, `deb [trusted=yes] ${source}\n`)
  const strict = ['-o', 'APT::Update::Error-Mode=any']
  return world.run([...prefix, 'apt-get', ...options, ...strict, 'update'])
}

function download(world: World, packages: readonly string[] = ['greeting']): Promise<ExecResult> {
  const script = `cd ${folder} && apt-get "$@"`
  return world.run(['sh', '-c', script, 'sh', ...options, 'download', ...packages])
}

/** What the package that was downloaded holds. */
async function content(world: World): Promise<string> {
  const path = './usr/share/doc/greeting/README'
  const script = `dpkg-deb --fsys-tarfile ${folder}/greeting_1.0_all.deb | tar -xO ${path}`
  return (await world.run(['sh', '-c', script])).output
}

describe(`apt in a sandbox${why}`, function () {
  this.timeout(longestTestMs)
  before(function () {
    if (why !== '') this.skip()
  })

  const mirrors = [
    [secure, { host: 'mirror.good.test' }],
    [plain, { host: 'mirror.good.test', protocol: 'http-plain' }],
  ] as const
  for (const [mirror, rule] of mirrors) {
    it(`downloads a package of ${mirror}`, async () => {
      await using world = await outside(rule)
      expectDone(await update(world, `${mirror}/debian stable main`))
      expectDone(await download(world))
      expect(await content(world)).to.equal(greeting.text)
      expect(world.origins[mirror].seen).to.include.members([
        'GET /debian/dists/stable/main/binary-all/Packages',
        `GET ${archivePath(greeting)}`,
      ])
    })
  }

  it('asks for many packages in advance', async () => {
    await using world = await outside({ host: 'mirror.good.test' })
    expectDone(await update(world, `${secure}/debian stable main`))
    const before = world.origins[secure].requests.length
    expectDone(await download(world, letters))
    expect(world.origins[secure].requests).to.have.length(before + letters.length)
    const { stdout } = await world.run(['sh', '-c', `ls ${folder}/letter*.deb | wc -l`])
    expect(stdout).to.equal(`${letters.length}\n`)
  })

  it('finds a mirror without any variable', async () => {
    await using world = await outside({ host: 'mirror.good.test' })
    expectDone(await update(world, `${secure}/debian stable main`, withoutVariables))
    expect(world.origins[secure].seen).to.include('GET /debian/dists/stable/Release')
  })

  it('is told which path of the mirror it may not read', async () => {
    await using world = await outside({ host: 'mirror.good.test', paths: ['/debian/dists/**'] })
    expectDone(await update(world, `${secure}/debian stable main`))
    const result = await download(world)
    expectRefused(result, `GET mirror.good.test${archivePath(greeting)}`)
    const told = `Failed to fetch ${secure}${archivePath(greeting)}  403  the path `
    expect(result.stderr).to.include(told)
    expect(world.origins[secure].seen).to.not.include(`GET ${archivePath(greeting)}`)
  })

  it('is told that dots in a path are refused', async () => {
    await using world = await outside({ host: 'mirror.good.test' })
    const result = await update(world, `${secure}/debian ./`)
    expectRefused(result, 'GET mirror.good.test/debian/./InRelease')
    expect(result.stderr).to.include('400  the path holds a dot segment')
    expect(world.origins[secure].connections).to.equal(0)
  })

  it('does not get plain HTTP where HTTPS is allowed, nor the other way round', async () => {
    await using world = await outside({ host: 'mirror.good.test' })
    const path = '/debian/dists/stable/Release'
    const toPlain = await update(world, `${plain}/debian stable main`)
    expectRefused(toPlain, `GET mirror.good.test:80${path}`)
    expect(world.origins[plain].connections).to.equal(0)
    await using turned = await outside({ host: 'mirror.good.test', protocol: 'http-plain' })
    const toSecure = await update(turned, `${secure}/debian stable main`)
    expectRefused(toSecure, 'mirror.good.test:443')
    expect(turned.origins[secure].connections).to.equal(0)
  })

  it('does not reach another mirror', async () => {
    await using world = await outside({ host: 'mirror.good.test' })
    const result = await update(world, `${other}/debian stable main`)
    expectRefused(result, 'other.good.test:443')
    expect(result.stderr).to.include("403 other.good.test is not in the sandbox's allow-list")
    expect(world.origins[other].connections).to.equal(0)
  })
})
