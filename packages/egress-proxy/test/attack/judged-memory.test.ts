import { expect } from 'chai'
import { gzipSync } from 'node:zlib'
import { keyed, wish } from '../support/keyed.ts'
import { secureWays, type Way } from '../support/ways.ts'

const rule = { body: { json: {} } }
const kib = 1024

function way(name: string): Way {
  return secureWays[name] ?? expect.fail(`there is no way ${name}`)
}

function json(body: Buffer, headers: readonly (readonly [string, string])[] = []) {
  const all = [['content-type', 'application/json'] as const, ...headers]
  return wish({ method: 'POST', headers: all, body })
}

describe('the memory that judged bodies take', () => {
  for (const name of ['HTTP/1 in CONNECT', 'HTTP/2 in CONNECT']) {
    it(`is free again when their requests are over: ${name}`, async () => {
      await using world = await keyed('key', { rule, limits: { judgedBodiesBytes: 64 * kib } })
      const body = Buffer.from(JSON.stringify('x'.repeat(40 * kib)))
      const statuses: number[] = []
      for (let turn = 0; turn < 5; turn += 1)
        statuses.push((await way(name)(world, json(body))).status)
      expect(statuses).to.deep.equal([200, 200, 200, 200, 200])
    })
  }

  const shapes: readonly [why: string, Parameters<typeof json>][] = [
    [
      'what is large once its coding is undone',
      [gzipSync(JSON.stringify('x'.repeat(900 * kib))), [['content-encoding', 'gzip']]],
    ],
    ['what is many values in few bytes', [Buffer.from(`[${'{},'.repeat(6000)}{}]`)]],
  ]
  for (const [why, given] of shapes) {
    it(`is counted for ${why}`, async () => {
      const limits = { judgedBodiesBytes: 800 * kib }
      await using small = await keyed('key', { rule, limits })
      const refused = await way('HTTP/1 in CONNECT')(small, json(...given))
      expect(refused.code).to.equal('rate_limited')
      expect(small.arrived).to.equal(0)
      // With room for it, it goes through, and nothing of what was refused is still counted.
      const plain = await way('HTTP/1 in CONNECT')(small, json(Buffer.from('{}')))
      expect(plain.status).to.equal(200)
      await using large = await keyed('key', { rule })
      expect((await way('HTTP/1 in CONNECT')(large, json(...given))).status).to.equal(200)
    })
  }
})
