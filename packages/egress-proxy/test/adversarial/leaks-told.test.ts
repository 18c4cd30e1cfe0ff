import { expect } from 'chai'
import { readdirSync, readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { agreeing } from '../support/frames.ts'
import { foreign, formsOf, kept, keyed, ruleFor, secret, wish } from '../support/keyed.ts'
import type { Answer } from '../support/origin.ts'
import type { Proxied } from '../support/proxied.ts'
import { plainWays, secureWays, upgradeWays } from '../support/ways.ts'

const other = 'other.good.test'
const trap = 'Trap7-vQ93-kLm2-Zx81-wpR5-tY46'

/** Gives back all that it got, in every place. */
const careless: Answer = (request, response, body) => {
  const key = String(request.headers['x-api-key'])
  if (request.url?.includes('reject') === true) response.statusCode = 401
  if (request.url?.includes('fail') === true) response.statusCode = 500
  response.setHeader('x-echo', key)
  response.setHeader('www-authenticate', `Bearer realm="${key}"`)
  response.end(JSON.stringify({ headers: request.headers, body: body.toString() }))
}

/** Whatever goes well, is refused, fails, and reflects. */
async function everything(world: Proxied): Promise<string> {
  const heard: string[] = []
  const dummy = world.proxy.environment['ANTHROPIC_API_KEY'] ?? ''
  const wishes = [
    wish(),
    wish({ method: 'POST', headers: [['content-type', 'application/json']], body: '{"a":1}' }),
    wish({ path: '/v1/reject' }),
    wish({ path: '/v1/fail' }),
    wish({ headers: [['authorization', `Bearer ${foreign}`]] }),
    wish({ headers: [['x-api-key', dummy]] }),
    wish({ path: `/v1/x?api_key=${foreign}` }),
    wish({ path: `/v1/x?note=${trap}` }),
    wish({ path: '/v2/x' }),
    wish({ method: 'TRACE' }),
    wish({ host: other, headers: [['x-note', secret]] }),
    wish({ host: other, path: `/${Buffer.from(secret).toString('hex')}` }),
    wish({ host: other, path: `/?${secret}=1` }),
    wish({ host: other, headers: [[`x-${secret}`, '1']] }),
    wish({ path: `/v2/${secret}` }),
    wish({ path: `/v1/${secret}`, headers: [['authorization', `Bearer ${foreign}`]] }),
    wish({ host: other, headers: [['x-api-key', dummy]] }),
    wish({ host: 'evil.test', path: `/${secret}` }),
  ]
  for (const way of Object.values({ ...secureWays, ...upgradeWays }))
    for (const one of wishes) heard.push((await way(world, one)).text)
  for (const way of Object.values(plainWays))
    for (const one of wishes) heard.push((await way(world, { ...one, port: 80 })).text)
  return heard.join('\n')
}

/** In which of its forms a text holds a secret. */
function found(text: string, hidden: string): readonly string[] {
  return formsOf(hidden).filter((form) => text.includes(form))
}

function allOf(told: unknown): string {
  return `${JSON.stringify(told)}\n${inspect(told, { depth: Infinity, showHidden: true })}`
}

for (const isolate of ['none', 'process'] as const)
  describe(`what is told of secrets, by a proxy in form ${isolate}`, function () {
    this.timeout(60_000)

    const opened = (write: (lines: string) => Promise<void>): Promise<Proxied> => {
      let calls = 0
      const mine = (): { value: string } => {
        calls += 1
        if (calls % 3 === 0) throw new Error(`no more of ${secret}`)
        return { value: secret }
      }
      return keyed('key', {
        isolate,
        answer: careless,
        providers: { mine },
        credentials: {
          key: { ...kept, source: { provider: 'mine' } },
          two: { source: { static: `${secret}-two` }, carrier: { query: 'k' } },
        },
        network: {
          allow: [
            ruleFor('key', { paths: ['/v1/**'] }),
            { host: other, identity: 'guest', websocket: true },
          ],
          canaries: { trap: { value: trap } },
        },
        also: [other],
        audit: { write },
      })
    }

    it('is nothing', async () => {
      let trail = ''
      await using world = await opened(async (lines) => {
        trail += lines
      })
      agreeing(world.origin)
      const heard = await everything(world)
      await world.proxy.rotateCredential('key')
      await everything(world)
      await world.proxy.revokeCredential('two')
      const failed: unknown = await world.proxy
        .rotateCredential(secret)
        .catch((thrown: unknown) => thrown)
      await world.proxy.close()
      expect(failed).to.be.instanceOf(TypeError)
      expect(trail.split('\n').length).to.be.at.least(100)
      for (const [where, text] of [
        ['the trail', trail],
        ['what clients heard', heard],
        ['events', allOf(world.decisions)],
        ['alarms', allOf(world.alarms)],
        ['logs', allOf(world.logs)],
        ['the proxy', allOf(world.proxy)],
        ['what is inside', allOf(world.proxy.environment)],
      ] as const) {
        expect([where, found(text, secret)]).to.deep.equal([where, []])
        // What a program inside sent itself, it may read; nobody keeps it.
        if (where !== 'what clients heard')
          expect([where, found(text, foreign)]).to.deep.equal([where, []])
      }
      const kinds = new Set(world.alarms.map(({ kind }) => kind))
      expect([...kinds]).to.include.members([
        'foreign_credential',
        'dummy_misused',
        'canary_found',
        'secret_found',
        'secret_reflected',
      ])
      // The id of a credential says enough.
      expect(trail).to.include('"key"')
    })

    it('is in no argument and no variable of a process', async () => {
      await using world = await opened(() => Promise.resolve())
      await everything(world)
      for (const pid of readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)))
        for (const file of ['cmdline', 'environ']) {
          let text = ''
          try {
            text = readFileSync(`/proc/${pid}/${file}`, 'latin1')
          } catch {
            // It ended while we looked, or may not be looked at.
          }
          expect([file, found(text, secret)]).to.deep.equal([file, []])
        }
    })
  })

describe('a proxy in a process of its own', function () {
  this.timeout(60_000)
  for (const [name, way] of Object.entries({ ...secureWays, ...upgradeWays }))
    it(`keeps out and puts in the same: ${name}`, async () => {
      await using world = await keyed('key', { isolate: 'process', answer: careless })
      const sockets = agreeing(
        world.origin,
        ({ headers }) => `X-Echo: ${String(headers['x-api-key'])}\r\n`,
      )
      for (const headers of [
        [['authorization', `Bearer ${foreign}`]],
        [['x-api-key', foreign]],
        [['cookie', `a=${foreign}`]],
      ] as const) {
        expect((await way(world, wish({ headers }))).code).to.equal('foreign_credential')
      }
      expect(world.reached).to.equal(0)
      const { status, text } = await way(world, wish())
      expect([200, 101]).to.include(status)
      expect(found(text, secret)).to.deep.equal([])
      const shown = sockets[0]?.request.headers ?? world.origin.seen[0]?.headers
      expect(shown?.['x-api-key']).to.equal(secret)
      await world.proxy.revokeCredential('key')
      expect((await way(world, wish())).code).to.equal('credential_revoked')
    })
})
