import { expect } from 'chai'
import { expectDone, expectRefused } from './packages/expect-refused.ts'
import { guarded, type Guarded, longestTestMs } from './packages/guarded.ts'
import { whyNot } from './packages/installed.ts'
import type { Site } from './packages/origin.ts'

const api = 'https://api.good.test'
const other = 'https://other.good.test'
const why = whyNot('openssl', 'version')

const page: Site = ({ target }) => ({ body: `page at ${target}` })

function outside(): Promise<Guarded<typeof api | typeof other>> {
  const network = { allow: ['api.good.test'] }
  return guarded({ network, sites: { [api]: page, [other]: page } })
}

/** Connects by itself, to the address that the name has inside, and sends a request. */
const client = (host: string, serverName: string): string[] => [
  'sh',
  '-c',
  `printf 'GET /a HTTP/1.1\\r\\nHost: api.good.test\\r\\nConnection: close\\r\\n\\r\\n' |
    openssl s_client -ign_eof -verify_return_error -connect "$1:443" -servername "$2"`,
  'sh',
  host,
  serverName,
]

describe(`openssl s_client in a sandbox${why}`, function () {
  this.timeout(longestTestMs)
  before(function () {
    if (why !== '') this.skip()
  })

  it('trusts the certificate of an allowed host, and reads from it', async () => {
    await using world = await outside()
    const result = await world.run(client('api.good.test', 'api.good.test'))
    expectDone(result)
    expect(result.stdout).to.include('Verify return code: 0 (ok)').and.include('page at /a')
    expect(world.origins[api].seen).to.deep.equal(['GET /a'])
  })

  it('gets an alert for another server name than it connected for', async () => {
    await using world = await outside()
    const result = await world.run(client('api.good.test', 'other.good.test'))
    expect(result.exitCode).to.not.equal(0)
    expect(result.stderr).to.match(/alert/)
    expect(result.denials.map(({ source }) => source)).to.include('proxy')
    expect(result.denials.every(({ remedy }) => remedy !== '')).to.equal(true)
    expect(world.origins[api].connections + world.origins[other].connections).to.equal(0)
  })

  it('does not find the name of another host', async () => {
    await using world = await outside()
    const result = await world.run(client('other.good.test', 'other.good.test'))
    expectRefused(result, 'other.good.test')
    expect(world.origins[other].connections).to.equal(0)
  })
})
