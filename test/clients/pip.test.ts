import { services } from '@caisson/egress-proxy'
import { expect } from 'chai'
import {
  expectDone,
  expectForeign,
  expectRefused,
  expectUnseen,
} from './packages/expect-refused.ts'
import { guarded, type Guarded, longestTestMs, withoutVariables } from './packages/guarded.ts'
import { whyNot } from './packages/installed.ts'
import { pythonIndex } from './packages/python-index.ts'
import { wheel } from './packages/wheel.ts'

const index = 'https://index.good.test'
const other = 'https://other.good.test'
const why = whyNot('python3', '-m', 'pip', '--version')

const greeting = wheel('greeting', '1.0', 'WORDS = "hello from a wheel"\n')
const wheelPath = `/files/${greeting.fileName}`
const site = pythonIndex({ greeting })

function outside(paths = ['/**']): Promise<Guarded<typeof index | typeof other>> {
  const allow = [{ host: 'index.good.test', paths }]
  return guarded({ network: { allow }, sites: { [index]: site, [other]: site } })
}

function install(from: string): string[] {
  const source = ['--index-url', `${from}/simple/`, '--target', '/tmp/installed']
  return ['python3', '-m', 'pip', 'install', ...source, 'greeting']
}

const greet = [
  'sh',
  '-c',
  'cd /tmp/installed && python3 -c "import greeting; print(greeting.WORDS)"',
]

/** What publishing a package is: a form by POST. */
const upload = `
import urllib.request
form = b'--b\\r\\nContent-Disposition: form-data; name=":action"\\r\\n\\r\\nfile_upload\\r\\n--b--\\r\\n'
headers = {'Content-Type': 'multipart/form-data; boundary=b'}
urllib.request.urlopen(urllib.request.Request('${index}/legacy/', form, headers))
`

describe(`pip in a sandbox${why}`, function () {
  this.timeout(longestTestMs)
  before(function () {
    if (why !== '') this.skip()
  })

  for (const [how, prefix] of [
    ['through the variables', []],
    ['without any variable', withoutVariables],
  ] as const) {
    it(`installs a package of an allowed index ${how}`, async () => {
      await using world = await outside()
      expectDone(await world.run([...prefix, ...install(index)]))
      expect((await world.run(greet)).stdout).to.equal('hello from a wheel\n')
      expect(world.origins[index].seen).to.deep.equal(['GET /simple/greeting/', `GET ${wheelPath}`])
    })
  }

  it('is told that a file of the index may not be read', async () => {
    await using world = await outside(['/simple/**'])
    const result = await world.run(install(index))
    expectRefused(result, `GET index.good.test${wheelPath}`)
    expect(result.stderr).to.match(/403 Client Error: the path .* is not allowed .* for url/)
    expect(world.origins[index].seen).to.deep.equal(['GET /simple/greeting/'])
  })

  it('does not reach another index', async () => {
    await using world = await outside()
    // It would wait longer before each of its further tries.
    const result = await world.run([...install(other), '--retries', '1'])
    expectRefused(result, 'other.good.test:443')
    const told = "Tunnel connection failed: 403 other.good.test is not in the sandbox's allow-list"
    expect(result.stderr).to.include(told)
    expect(world.origins[other].connections).to.equal(0)
  })

  it('cannot be followed by an upload', async () => {
    await using world = await outside()
    expectDone(await world.run(install(index)))
    const before = world.origins[index].requests.length
    const result = await world.run(['python3', '-c', upload])
    expectRefused(result, 'POST index.good.test/legacy/')
    expect(result.stderr).to.include('HTTP Error 405: POST is not allowed at')
    expect(world.origins[index].requests).to.have.length(before)
  })
})

const password = 'made-up-password-of-ours-01234567'

/** A way out that is ready made, in nobody's name or in ours. */
async function byService(credential?: 'index'): Promise<Guarded<typeof index | typeof other>> {
  const addresses = { index: `${index}/simple`, files: [`${index}/files`] }
  const allow = await services.pypi.install({ ...addresses, credential })
  const credentials = {
    index: { source: { static: password }, carrier: { basic: 'reader' }, expose: 'INDEX_PASSWORD' },
  }
  return guarded({
    network: { allow },
    sites: { [index]: site, [other]: site },
    policy: { credentials },
  })
}

/** Installs with what the shell makes of a user and a password in the address. */
const installAs = (who: string): string[] => {
  const line = install(index).join(' ').replace('https://', `https://${who}@`)
  return ['sh', '-c', line]
}

describe(`pip with services.pypi.install${why}`, function () {
  this.timeout(longestTestMs)
  before(function () {
    if (why !== '') this.skip()
  })

  it('installs in nobody’s name', async () => {
    await using world = await byService()
    expectDone(await world.run(install(index)))
    expect((await world.run(greet)).stdout).to.equal('hello from a wheel\n')
    expect(world.origins[index].seen).to.deep.equal(['GET /simple/greeting/', `GET ${wheelPath}`])
    const headers = world.origins[index].requests.flatMap((one) => Object.keys(one.headers))
    expect(headers).to.not.include('authorization')
  })

  for (const [how, command] of [
    ['without any', install(index)],
    ['with its dummy in the address', installAs('reader:$INDEX_PASSWORD')],
  ] as const) {
    it(`installs ${how} with a password that it never sees`, async () => {
      await using world = await byService('index')
      const result = await world.run(command)
      expectDone(result)
      const coded = Buffer.from(`reader:${password}`).toString('base64')
      const shown = world.origins[index].requests.map((one) => one.headers['authorization'])
      expect(shown).to.deep.equal([`Basic ${coded}`, `Basic ${coded}`])
      await expectUnseen(world.sandbox, password, [result])
    })
  }

  for (const credential of [undefined, 'index'] as const) {
    it(`sends no password of its own to an index ${credential ? 'with' : 'without'} one`, async () => {
      await using world = await byService(credential)
      const result = await world.run(installAs('reader:brought-along-by-somebody-else'))
      expectForeign(world, result, 'GET index.good.test/simple/greeting/')
      // pip says why of files alone, not of pages: who runs it learns it from the denials.
      expect(result.stderr).to.include('No matching distribution found for greeting')
      expect(world.origins[index].requests).to.deep.equal([])
    })
  }

  it('does not upload', async () => {
    await using world = await byService('index')
    expectRefused(await world.run(['python3', '-c', upload]), 'POST index.good.test/legacy/')
    expect(world.origins[index].requests).to.deep.equal([])
  })
})
