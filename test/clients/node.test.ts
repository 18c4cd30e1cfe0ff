import { createTestAuthority } from '@caisson/egress-proxy/testing'
import type { EgressAlarm, Sandbox } from '@caisson/core'
import { expect } from 'chai'
import {
  expectDone,
  expectForeign,
  expectRefused,
  expectUnseen,
} from './packages/expect-refused.ts'
import { longestTestMs } from './packages/guarded.ts'
import { whyNot } from './packages/installed.ts'
import { openOrigin, type Origin } from './packages/origin.ts'
import { held, heldIn, stolen } from './support/held.ts'
import { sandboxLeadingTo } from './support/listening.ts'
import { modulesInside } from './support/modules.ts'

const why = whyNot('node', '--version')

/** How a script gets what `read(url)` promises: `{ status, text }`. */
const ways = {
  fetch: 'const read = (url) => fetch(url, { headers }).then(told)',
  'https.get': `const read = (url) => new Promise((resolve, reject) => {
    require('node:https').get(url, { headers }, (response) => {
      let text = ''
      response.on('data', (data) => (text += data))
      response.on('end', () => resolve({ status: response.statusCode, text }))
    }).on('error', reject)
  })`,
  "undici's ProxyAgent": `const { ProxyAgent, fetch: get } = require('${modulesInside}/undici')
    const dispatcher = new ProxyAgent(process.env.HTTPS_PROXY)
    const read = (url) => get(url, { dispatcher, headers }).then(told)`,
  "undici's EnvHttpProxyAgent": `
    const { EnvHttpProxyAgent, fetch: get } = require('${modulesInside}/undici')
    const dispatcher = new EnvHttpProxyAgent()
    const read = (url) => get(url, { dispatcher, headers }).then(told)`,
}
const frame = (way: string, url: string, key = ''): string[] => [
  'node',
  '-e',
  `const told = async (answer) => ({ status: answer.status, text: await answer.text() })
   const [key] = process.argv.slice(1)
   const headers = key ? { 'X-Api-Key': key.replace('$API_KEY', process.env.API_KEY) } : {}
   ${way}
   read(${JSON.stringify(url)}).then(
     ({ status, text }) => { process.stdout.write(text); process.exitCode = status === 200 ? 0 : 1 },
     (error) => { console.error(error); process.exitCode = 2 },
   )`,
  key,
]

interface World extends AsyncDisposable {
  readonly sandbox: Sandbox
  readonly origin: Origin
  readonly alarms: readonly EgressAlarm[]
}

async function outside(identity = 'anonymous'): Promise<World> {
  const authority = createTestAuthority()
  const origin = await openOrigin(({ target }) => ({ body: `page at ${target}` }), authority)
  const network = { allow: [{ host: 'api.good.test', paths: ['/public/**'], identity }] }
  const { port } = origin
  const trust = authority.certificate
  const credentials = heldIn({ header: 'x-api-key' })
  const sandbox = await sandboxLeadingTo({ network, port, trust, credentials })
  const alarms: EgressAlarm[] = []
  sandbox.on('alarm', ({ alarm }) => alarms.push(alarm))
  return {
    sandbox,
    origin,
    alarms,
    async [Symbol.asyncDispose]() {
      await sandbox[Symbol.asyncDispose]()
      await origin[Symbol.asyncDispose]()
    },
  }
}

describe(`Node.js in a sandbox${why}`, function () {
  this.timeout(longestTestMs)
  before(function () {
    if (why !== '') this.skip()
  })

  for (const [name, way] of Object.entries(ways)) {
    it(`reads an allowed page with ${name}, and is told which it may not`, async () => {
      await using world = await outside()
      const result = await world.sandbox.exec(frame(way, 'https://api.good.test/public/a'))
      expectDone(result)
      expect(result.stdout).to.equal('page at /public/a')
      const refused = await world.sandbox.exec(frame(way, 'https://api.good.test/private'))
      expectRefused(refused, 'GET api.good.test/private')
      expect(JSON.parse(refused.stdout)).to.have.nested.property('refused.code', 'path_not_allowed')
      expect(world.origin.seen).to.deep.equal(['GET /public/a'])
    })

    it(`sends its dummy with ${name}, and the secret arrives; no other key does`, async () => {
      await using world = await outside('key')
      const url = 'https://api.good.test/public/a'
      const result = await world.sandbox.exec(frame(way, url, '$API_KEY'))
      expectDone(result)
      expect(world.origin.requests.map(({ headers }) => headers['x-api-key'])).to.deep.equal([held])
      await expectUnseen(world.sandbox, held, [result])
      const refused = await world.sandbox.exec(frame(way, url, stolen))
      expectForeign(world, refused, 'GET api.good.test/public/a')
      expect(world.origin.requests).to.have.length(1)
    })

    it(`does not reach another host with ${name}`, async () => {
      await using world = await outside()
      const result = await world.sandbox.exec(frame(way, 'https://other.good.test/public/a'))
      expect(result.exitCode).to.equal(2)
      const [denial] = result.denials
      expect(denial).to.include({ source: 'proxy' })
      expect(denial?.target).to.match(/^other\.good\.test(:443)?$/)
      expect(world.origin.connections).to.equal(0)
    })
  }
})
