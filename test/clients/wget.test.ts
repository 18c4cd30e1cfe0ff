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
const why = whyNot('wget', '--version')

const page: Site = ({ target }) => ({ body: `page at ${target}` })

function outside(): Promise<Guarded<typeof api | typeof other>> {
  const allow = [{ host: 'api.good.test', paths: ['/public/**'] }]
  return guarded({ network: { allow }, sites: { [api]: page, [other]: page } })
}

const wget = ['wget', '-nv', '--tries=1', '-O', '-']

describe(`wget in a sandbox${why}`, function () {
  this.timeout(longestTestMs)
  before(function () {
    if (why !== '') this.skip()
  })

  for (const [how, prefix] of [
    ['with the variables', []],
    ['without any variable', withoutVariables],
  ] as const) {
    it(`reads an allowed page ${how}`, async () => {
      await using world = await outside()
      const result = await world.run([...prefix, ...wget, `${api}/public/a`])
      expectDone(result)
      expect(result.stdout).to.equal('page at /public/a')
      expect(world.origins[api].seen).to.deep.equal(['GET /public/a'])
    })

    it(`is told which path it may not read ${how}`, async () => {
      await using world = await outside()
      const command = [...prefix, ...wget, '--content-on-error', `${api}/private`]
      const result = await world.run(command)
      expectRefused(result, 'GET api.good.test/private')
      expect(JSON.parse(result.stdout)).to.have.nested.property('refused.code', 'path_not_allowed')
      expect(world.origins[api].connections).to.equal(0)
    })
  }

  it('is told that it may not write', async () => {
    await using world = await outside()
    const result = await world.run([...wget, '--post-data=a secret', `${api}/public/a`])
    expectRefused(result, 'POST api.good.test/public/a')
    expect(world.origins[api].connections).to.equal(0)
  })

  it('does not reach another host through the proxy', async () => {
    await using world = await outside()
    const result = await world.run([...wget, `${other}/public/a`])
    expectRefused(result, 'other.good.test:443')
    expect(result.stderr).to.include('Proxy tunneling failed: other.good.test is not')
    expect(world.origins[other].connections).to.equal(0)
  })

  it('does not find the name of another host without the proxy', async () => {
    await using world = await outside()
    const result = await world.run([...withoutVariables, ...wget, `${other}/public/a`])
    expectRefused(result, 'other.good.test')
    expect(world.origins[other].connections).to.equal(0)
  })

  it('sends its dummy where it speaks in our name, and the password arrives', async () => {
    await using world = await inOurName()
    const result = await world.run(byShell(`--password=$API_KEY ${api}/public/a`))
    expectDone(result)
    const coded = Buffer.from(`reader:${held}`).toString('base64')
    expect(world.origins[api].requests[0]?.headers['authorization']).to.equal(`Basic ${coded}`)
    await expectUnseen(world.sandbox, held, [result])
  })

  it('sends no password of its own, in our name or in nobody’s', async () => {
    await using world = await inOurName()
    for (const url of [api, other] as const) {
      const result = await world.run(byShell(`--password=${stolen} ${url}/public/a`))
      expectForeign(world, result, `GET ${new URL(url).hostname}/public/a`)
      expect(result.stderr).to.match(/ERROR 403: the header "authorization" says in whose name/)
      expect(world.origins[url].requests).to.deep.equal([])
    }
  })
})

/** One host that is spoken to in our name, and one in nobody's. */
function inOurName(): Promise<Guarded<typeof api | typeof other>> {
  const allow = [{ host: 'api.good.test', identity: 'key' }, { host: 'other.good.test' }]
  const policy = { credentials: heldIn({ basic: 'reader' }) }
  return guarded({ network: { allow }, sites: { [api]: page, [other]: page }, policy })
}

/** Does not wait to be asked for the password. */
const byShell = (line: string): string[] => [
  'sh',
  '-c',
  `${wget.join(' ')} --auth-no-challenge --user=reader ${line}`,
]
