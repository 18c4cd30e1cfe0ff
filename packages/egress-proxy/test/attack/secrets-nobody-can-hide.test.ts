import { expect } from 'chai'
import { Redactor } from '../../dist/redact/redactor.js'
import { SeenTexts } from '../../dist/credentials/seen-texts.js'
import { keyed, kept, wish } from '../support/keyed.ts'
import { secureWays } from '../support/ways.ts'

const ask = secureWays['HTTP/1 in CONNECT'] ?? expect.fail('there is no such way')

describe('a secret that could not be made unreadable', () => {
  const texts: readonly [why: string, text: string, said: RegExp][] = [
    ['shorter than eight bytes', 'hunter2', /shorter than 8 bytes/],
    ['longer than can be looked for', '\u00e9'.repeat(33_000), /longer than 64 KiB/],
  ]
  for (const [why, text, said] of texts) {
    it(`is not sent: ${why}`, async () => {
      const credentials = { key: { ...kept, carrier: { basic: 'u' }, source: { static: text } } }
      await using world = await keyed('key', { credentials })
      expect((await ask(world, wish())).code).to.equal('credential_unavailable')
      expect(world.arrived).to.equal(0)
      expect(world.logs.join('\n')).to.match(said).and.not.include(text.slice(0, 100))
    })
  }

  it('is sent when it is just long enough', async () => {
    const credentials = { key: { ...kept, source: { static: 'hunter22' } } }
    await using world = await keyed('key', { credentials })
    expect((await ask(world, wish())).status).to.equal(200)
  })
})

describe('long tokens that are had anew again and again', () => {
  const token = (turn: number): Buffer => Buffer.from(`${turn}+/=`.repeat(4000).slice(0, 4000))

  it('are remembered while they hold, and a few of those that are over', () => {
    const seen = new SeenTexts('cloud')
    for (let turn = 0; turn < 60; turn += 1) seen.add([token(turn)], turn + 1.5, turn)
    const kept = seen.all.map(({ bytes }) => bytes)
    expect(kept.length).to.be.within(2, 8)
    expect(kept.at(-1)?.equals(token(59))).to.equal(true)
    expect(kept.at(-2)?.equals(token(58))).to.equal(true)
    // All of them together can still be looked for.
    const patterns = kept.map((bytes) => ({ about: 'cloud', kind: 'secret', bytes }) as const)
    expect(new Redactor(patterns).isEmpty).to.equal(false)
  })

  it('are all remembered while all of them hold', () => {
    const seen = new SeenTexts('cloud')
    for (let turn = 0; turn < 20; turn += 1) seen.add([token(turn)], 1000, turn)
    expect(seen.all).to.have.length(20)
  })
})
