import { createTestAuthority } from '@caisson/egress-proxy/testing'
import type { Sandbox } from '@caisson/core'
import { expect } from 'chai'
import { expectDone, expectRefused } from './packages/expect-refused.ts'
import { longestTestMs } from './packages/guarded.ts'
import { whyNot } from './packages/installed.ts'
import { openOrigin, type Origin } from './packages/origin.ts'
import { sandboxLeadingTo } from './support/listening.ts'
import { modulesInside } from './support/modules.ts'

const why = whyNot('node', '--version')

/** How a script gets what `read(url)` promises: `{ status, text }`. */
const ways = {
  fetch: 'const read = (url) => fetch(url).then(told)',
  'https.get': `const read = (url) => new Promise((resolve, reject) => {
    require('node:https').get(url, (response) => {
      let text = ''
      response.on('data', (data) => (text += data))
      response.on('end', () => resolve({ status: response.statusCode, text }))
    }).on('error', reject)
  })`,
  "undici's ProxyAgent": `const { ProxyAgent, fetch: get } = require('${modulesInside}/undici')
    const dispatcher = new ProxyAgent(process.env.HTTPS_PROXY)
    const read = (url) => get(url, { dispatcher }).then(told)`,
  "undici's EnvHttpProxyAgent": `
    const { EnvHttpProxyAgent, fetch: get } = require('${modulesInside}/undici')
    const dispatcher = new EnvHttpProxyAgent()
    const read = (url) => get(url, { dispatcher }).then(told)`,
}
const frame = (way: string, url: string): string[] => [
  'node',
  '-e',
  `const told = async (answer) => ({ status: answer.status, text: await answer.text() })
   ${way}
   read(${JSON.stringify(url)}).then(
     ({ status, text }) => { process.stdout.write(text); process.exitCode = status === 200 ? 0 : 1 },
     (error) => { console.error(error); process.exitCode = 2 },
   )`,
]

interface World extends AsyncDisposable {
  readonly sandbox: Sandbox
  readonly origin: Origin
}

async function outside(): Promise<World> {
  const authority = createTestAuthority()
  const origin = await openOrigin(({ target }) => ({ body: `page at ${target}` }), authority)
  const network = { allow: [{ host: 'api.good.test', paths: ['/public/**'] }] }
  const { port } = origin
  const sandbox = await sandboxLeadingTo({ network, port, trust: authority.certificate })
  return {
    sandbox,
    origin,
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
