import { expect } from 'chai'
import { expectDone, expectRefused } from './packages/expect-refused.ts'
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
