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

const index = 'https://index.good.test'
const other = 'https://other.good.test'
const why = whyNot('python3', '--version')

/** Prints what a URL has, or what was refused about it. */
const urllib = `
import sys, urllib.request, urllib.error
url, data = sys.argv[1], sys.argv[2].encode() if len(sys.argv) > 2 else None
try:
    print(urllib.request.urlopen(url, data).read().decode())
except urllib.error.HTTPError as error:
    sys.exit(f'{error}\\n{error.read().decode()}')
`

/** http.client knows of no proxy: it looks names up and connects. */
const httpClient = `
import http.client, sys
connection = http.client.HTTPSConnection(sys.argv[1])
connection.request('GET', sys.argv[2])
print(connection.getresponse().read().decode())
`

/** Shakes hands, with a context of the kind that is named, and prints whom it met. */
const handshake = `
import socket, ssl, sys
bare = lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context = {'default': ssl.create_default_context, 'bare': bare}[sys.argv[1]]()
with socket.create_connection(('index.good.test', 443)) as plain:
    with context.wrap_socket(plain, server_hostname='index.good.test') as secured:
        print(context.verify_mode.name, secured.getpeercert()['subjectAltName'])
`

const page: Site = ({ target }) => ({ body: `page at ${target}` })

function outside(): Promise<Guarded<typeof index | typeof other>> {
  const allow = [{ host: 'index.good.test', paths: ['/public/**'] }]
  return guarded({ network: { allow }, sites: { [index]: page, [other]: page } })
}

describe(`Python in a sandbox${why}`, function () {
  this.timeout(longestTestMs)
  before(function () {
    if (why !== '') this.skip()
  })

  it('reads an allowed page with urllib', async () => {
    await using world = await outside()
    const result = await world.run(['python3', '-c', urllib, `${index}/public/a?b=1`])
    expectDone(result)
    expect(result.stdout).to.equal('page at /public/a?b=1\n')
    expect(world.origins[index].seen).to.deep.equal(['GET /public/a?b=1'])
  })

  it('reads it without any variable', async () => {
    await using world = await outside()
    const python = [...withoutVariables, 'python3', '-c']
    expectDone(await world.run([...python, urllib, `${index}/public/a`]))
    expectDone(await world.run([...python, httpClient, 'index.good.test', '/public/b']))
    expect(world.origins[index].seen).to.deep.equal(['GET /public/a', 'GET /public/b'])
  })

  it('reads it with http.client, which knows of no proxy', async () => {
    await using world = await outside()
    const result = await world.run(['python3', '-c', httpClient, 'index.good.test', '/public/a'])
    expectDone(result)
    expect(result.stdout).to.equal('page at /public/a\n')
  })

  it('checks certificates against the bundle inside', async () => {
    await using world = await outside()
    const trusting = await world.run(['python3', '-c', handshake, 'default'])
    expectDone(trusting)
    expect(trusting.stdout).to.equal("CERT_REQUIRED (('DNS', 'index.good.test'),)\n")
    const bare = await world.run(['python3', '-c', handshake, 'bare'])
    expect(bare.exitCode).to.equal(1)
    expect(bare.stderr).to.include('CERTIFICATE_VERIFY_FAILED')
  })

  it('is told which path it may not read', async () => {
    await using world = await outside()
    const result = await world.run(['python3', '-c', urllib, `${index}/private`])
    expectRefused(result, 'GET index.good.test/private')
    expect(result.stderr).to.include('HTTP Error 403').and.include('use a path like /public/**')
    expect(world.origins[index].connections).to.equal(0)
  })

  it('is told that it may not write', async () => {
    await using world = await outside()
    const result = await world.run(['python3', '-c', urllib, `${index}/public/a`, 'a secret'])
    expectRefused(result, 'POST index.good.test/public/a')
    expect(result.stderr).to.include('HTTP Error 405').and.include('POST is not allowed')
    expect(world.origins[index].connections).to.equal(0)
  })

  it('does not reach another host through the proxy', async () => {
    await using world = await outside()
    const result = await world.run(['python3', '-c', urllib, `${other}/public/a`])
    expectRefused(result, 'other.good.test:443')
    expect(result.stderr).to.include('Tunnel connection failed: 403 other.good.test is not')
    expect(world.origins[other].connections).to.equal(0)
  })

  it('does not find the name of another host without the proxy', async () => {
    await using world = await outside()
    const result = await world.run(['python3', '-c', httpClient, 'other.good.test', '/public/a'])
    expectRefused(result, 'other.good.test')
    expect(result.stderr).to.include('socket.gaierror')
    expect(world.origins[other].connections).to.equal(0)
  })
})

/** Arguments: how, host, and a key, or none for that of the variable. */
const withKey = `
import http.client, os, sys, urllib.request, urllib.error
how, host = sys.argv[1:3]
headers = {'X-Api-Key': sys.argv[3] if len(sys.argv) > 3 else os.environ['API_KEY']}
if how == 'urllib':
    try:
        answer = urllib.request.urlopen(urllib.request.Request(f'https://{host}/public/a', None, headers))
    except urllib.error.HTTPError as error:
        answer = error
else:
    connection = http.client.HTTPSConnection(host)
    connection.request('GET', '/public/a', headers=headers)
    answer = connection.getresponse()
print(answer.read().decode())
sys.exit(0 if answer.status == 200 else 1)
`

/** Two hosts, of which one is spoken to in our name and the other in nobody's. */
function inOurName(): Promise<Guarded<typeof index | typeof other>> {
  const allow = [{ host: 'index.good.test', identity: 'key' }, { host: 'other.good.test' }]
  const policy = { credentials: heldIn({ header: 'x-api-key' }) }
  return guarded({ network: { allow }, sites: { [index]: page, [other]: page }, policy })
}

describe(`Python with a key in a sandbox${why}`, function () {
  this.timeout(longestTestMs)
  before(function () {
    if (why !== '') this.skip()
  })

  for (const how of ['urllib', 'http.client']) {
    const python = (...args: readonly string[]): string[] => [
      'python3',
      '-c',
      withKey,
      how,
      ...args,
    ]

    it(`sends its dummy with ${how}, and the secret arrives`, async () => {
      await using world = await inOurName()
      const result = await world.run(python('index.good.test'))
      expectDone(result)
      expect(
        world.origins[index].requests.map(({ headers }) => headers['x-api-key']),
      ).to.deep.equal([held])
      await expectUnseen(world.sandbox, held, [result])
    })

    it(`sends no other key with ${how}, in our name or in nobody's`, async () => {
      await using world = await inOurName()
      for (const url of [index, other] as const) {
        const host = new URL(url).hostname
        const result = await world.run(python(host, stolen))
        expectForeign(world, result, `GET ${host}/public/a`)
        expect(JSON.parse(result.stdout)).to.have.nested.property(
          'refused.code',
          'foreign_credential',
        )
        expect(world.origins[url].requests).to.deep.equal([])
      }
    })

    it(`takes its dummy nowhere else with ${how}`, async () => {
      await using world = await inOurName()
      const result = await world.run(python('other.good.test'))
      expectRefused(result, 'GET other.good.test/public/a')
      expect(world.alarms.map(({ kind }) => kind)).to.deep.equal(['dummy_misused'])
      expect(world.origins[other].requests).to.deep.equal([])
    })
  }

  it('would send another key where guests bring their own', async () => {
    const allow = [{ host: 'index.good.test', identity: 'guest' }]
    await using world = await guarded({ network: { allow }, sites: { [index]: page } })
    expectDone(await world.run(['python3', '-c', withKey, 'urllib', 'index.good.test', stolen]))
    expect(world.origins[index].requests[0]?.headers['x-api-key']).to.equal(stolen)
  })
})
