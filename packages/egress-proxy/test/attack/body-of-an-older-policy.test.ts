import type { AllowRule, Policy } from '@caisson/core'
import { expect } from 'chai'
import { keyed, kept, ruleFor, wish } from '../support/keyed.ts'
import { settle } from '../support/proxied.ts'
import { secureWays } from '../support/ways.ts'

const ask = secureWays['HTTP/1 in CONNECT'] ?? expect.fail('there is no such way')
const strict: AllowRule['body'] = { json: { keys: ['model'] } }
const body = '{"model":"m","mcp_servers":[]}'

describe('a request that waits for its credential while a newer policy comes', () => {
  const befores: readonly (readonly [why: string, AllowRule['body'], string])[] = [
    ['a body that was judged by other rules', { json: {} }, 'application/json'],
    ['a body that nobody had to judge', undefined, 'application/octet-stream'],
  ]
  for (const [why, before, type] of befores) {
    for (const [then, after, isSent] of [
      ['does not allow', strict, false],
      ['still allows', before, true],
    ] as const) {
      it(`is ${isSent ? '' : 'not '}sent where that one ${then} ${why}`, async () => {
        const waiting: ((secret: { value: string }) => void)[] = []
        const source = { provider: 'slow' }
        const credentials: Policy['credentials'] = { key: { ...kept, source } }
        const slow = () =>
          new Promise<{ value: string }>((resolve) => {
            waiting.push(resolve)
          })
        const rule = before === undefined ? {} : { body: before }
        await using world = await keyed('key', { rule, credentials, providers: { slow } })
        const asked = wish({ method: 'POST', headers: [['content-type', type]], body })
        const outcome = ask(world, asked)
        await settle(() => waiting.length > 0)
        const newer = after === undefined ? {} : { body: after, reason: 'newer' }
        await world.proxy.update({ credentials, network: { allow: [ruleFor('key', newer)] } })
        waiting[0]?.({ value: 'a-secret-of-some-length' })
        expect((await outcome).status === 200).to.equal(isSent)
        expect(world.origin.seen).to.have.length(isSent ? 1 : 0)
      })
    }
  }
})
