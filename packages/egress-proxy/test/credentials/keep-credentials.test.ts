import { expect } from 'chai'
import { SourceFault } from '../../dist/credentials/secret.js'
import { RefusalError } from '../../dist/refusal.js'
import { Bench, formsOf, never, only, outcome, settle, shown } from './fixture.ts'

const hour = 3_600_000

describe('a kept credential', () => {
  it('is fetched when it is first needed, once, and then at hand', async () => {
    const bench = new Bench().gives('secret-1')
    expect([bench.asked, bench.at]).to.deep.equal([0, 'none'])
    expect(await bench.get()).to.equal('secret-1')
    expect([await bench.get(), bench.at, bench.asked]).to.deep.equal(['secret-1', 'secret-1', 1])
  })

  it('is fetched once for a hundred who wait', async () => {
    const bench = new Bench()
    const gate = bench.waits()
    const all = Array.from({ length: 100 }, () => bench.get())
    await settle()
    gate.give('secret-1')
    expect(new Set(await Promise.all(all))).to.deep.equal(new Set(['secret-1']))
    expect(bench.asked).to.equal(1)
  })

  it('goes on being fetched when one who waits leaves', async () => {
    const bench = new Bench()
    const gate = bench.waits()
    const leaving = new AbortController()
    const [gone, stays] = [bench.get(leaving.signal), bench.get()]
    await settle()
    leaving.abort()
    expect(await gone).to.equal('credential_unavailable')
    expect(bench.signals.map(({ aborted }) => aborted)).to.deep.equal([false])
    gate.give('secret-1')
    expect(await stays).to.equal('secret-1')
  })

  it('is renewed after four fifths of its life, while the old one is handed out', async () => {
    const bench = new Bench()
    const start = bench.now
    await bench.gives('the-old-one', start + hour).get()
    bench.now = start + hour * 0.79
    expect([bench.at, bench.asked]).to.deep.equal(['the-old-one', 1])
    const gate = bench.waits()
    bench.now = start + hour * 0.8
    expect(bench.at).to.equal('the-old-one')
    expect(await bench.get()).to.equal('the-old-one')
    await settle()
    expect(bench.asked).to.equal(2)
    gate.give('the-new-one', start + 2 * hour)
    await settle()
    expect(bench.at).to.equal('the-new-one')
  })

  it('is never handed out when it has expired', async () => {
    const bench = new Bench()
    const end = bench.now + hour
    await bench.gives('the-old-one', end).get()
    bench.fails()
    bench.now = end - 1
    expect(bench.at).to.equal('the-old-one')
    await settle()
    bench.now = end
    expect(bench.at).to.equal('none')
    expect(await bench.get()).to.equal('credential_unavailable')
  })

  it('is not taken from a source that hands out expired ones', async () => {
    const bench = new Bench()
    expect(await bench.gives('the-late-one', bench.now).get()).to.equal('credential_unavailable')
    expect(bench.failures).to.deep.equal(['key: what the source handed out has expired'])
  })

  it('is not asked for again at once after a failure, and after ever longer whiles', async () => {
    const bench = new Bench().fails()
    const waits = [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]
    for (const [failures, ms] of waits.entries()) {
      expect(await bench.get()).to.equal('credential_unavailable')
      expect(bench.asked).to.equal(failures + 1)
      bench.now += ms - 1
      expect(await bench.get()).to.equal('credential_unavailable')
      expect(bench.asked).to.equal(failures + 1)
      bench.now += 1
    }
    expect(await bench.gives('back-again').get()).to.equal('back-again')
  })

  it('does not wait for hours when the clock is set back', async () => {
    const bench = new Bench().fails()
    await bench.get()
    bench.now -= 10 * hour
    expect(await bench.gives('back-again').get()).to.equal('back-again')
  })

  it('that cannot be had refuses all who wait, in words without a secret', async () => {
    const bench = new Bench()
    const gate = bench.waits()
    const all = [bench.keeper.get('key', never), bench.keeper.get('key', never)]
    gate.fail(new Error('the answer was hunter2'))
    for (const one of await Promise.allSettled(all)) {
      if (one.status === 'fulfilled') throw new Error('it was had')
      const { reason } = one
      expect(reason).to.be.instanceOf(RefusalError)
      expect(shown(reason)).to.include('credential key cannot be had').and.not.include('hunter2')
    }
    expect(bench.failures).to.deep.equal(['key: the source failed in an unforeseen way'])
  })

  it('tells the log why, as its source says', async () => {
    const bench = new Bench().fails(new SourceFault('token service a.test: status 500'))
    await bench.get()
    expect(bench.failures).to.deep.equal(['key: token service a.test: status 500'])
  })

  it('that its carrier cannot carry is a failure, not a request', async () => {
    const bench = new Bench().gives('two\nlines')
    expect(await bench.get()).to.equal('credential_unavailable')
    expect(bench.failures.join()).to.match(/cannot stand there/)
  })

  it('is nobody’s under an unknown id', async () => {
    const { keeper } = new Bench()
    expect([keeper.find('other'), keeper.at('other')]).to.deep.equal([null, null])
    expect(await outcome(keeper.get('other', never))).to.equal('credential_unavailable')
    for (const act of [() => keeper.rotate('other'), () => keeper.revoke('other')])
      expect(await act().catch((error: unknown) => String(error))).to.equal(
        'TypeError: no credential "other"; the policy has key',
      )
  })

  it('shows nothing of itself', async () => {
    const secret = 'Zk3-the-real-secret-9Qx'
    const bench = new Bench()
    const held = await (bench.gives(secret, null, true), bench.keeper.get('key', never))
    const hidden = bench.keeper.hidden(['key'])
    expect(hidden.map(({ bytes }) => bytes.toString())).to.deep.equal([secret])
    for (const value of [
      bench.keeper,
      held,
      hidden,
      bench.keeper.credentials,
      bench.keeper.find('key'),
    ])
      for (const form of formsOf(secret)) expect(shown(value)).not.to.include(form)
  })
})

describe('what must not be seen', () => {
  it('is every text that was ever live, and its version rises with each', async () => {
    const bench = new Bench()
    const { keeper } = bench
    expect([keeper.version, keeper.hidden(['key'])]).to.deep.equal([0, []])
    await bench.gives('the-old-one').get()
    expect(keeper.version).to.equal(1)
    await keeper.rotate('key')
    await bench.gives('the-old-one').get()
    expect(keeper.version).to.equal(1)
    await keeper.rotate('key')
    await bench.gives('the-new-one').get()
    expect(keeper.version).to.equal(2)
    const texts = keeper.hidden(['key', 'other']).map(({ bytes }) => bytes.toString())
    expect(texts).to.deep.equal(['the-old-one', 'the-new-one'])
  })

  it('is bounded, and what has expired goes first', async () => {
    const bench = new Bench()
    await bench.gives('first, for ever').get()
    await bench.keeper.rotate('key')
    await bench.gives('second, short', bench.now + 1000).get()
    bench.now += 5000
    for (let count = 0; count < 63; count += 1) {
      await bench.keeper.rotate('key')
      await bench.gives(`number ${count}`).get()
    }
    const texts = bench.keeper.hidden(['key']).map(({ bytes }) => bytes.toString())
    expect(texts).to.have.length(64)
    expect(texts).to.include('first, for ever').and.not.include('second, short')
  })
})

describe('a keeper that is closed', () => {
  it('gives back what was lent, refuses, and overwrites everything', async () => {
    const bench = new Bench()
    const old = await bench.gives('the-old-one', null, true).keeper.get('key', never)
    await bench.gives('the-new-one', null, true).keeper.renew('key', old, never)
    const [text] = bench.keeper.hidden(['key'])
    await Promise.all([bench.keeper.close(), bench.keeper.close()])
    expect(bench.revoked.toSorted()).to.deep.equal(['the-new-one', 'the-old-one'])
    expect(await bench.get()).to.equal('credential_unavailable')
    expect([bench.at, bench.keeper.hidden(['key'])]).to.deep.equal(['none', []])
    for (const bytes of [old.bytes, text?.bytes])
      expect(bytes?.every((byte) => byte === 0)).to.equal(true)
  })

  it('does not give back what has expired', async () => {
    const bench = new Bench()
    await bench.gives('the-old-one', bench.now + 1000, true).get()
    bench.now += 1000
    await bench.keeper.close()
    expect(bench.revoked).to.deep.equal([])
  })

  it('says so when a lease is not taken back, and closes all the same', async () => {
    const bench = new Bench().gives('the-old-one', null, true)
    await bench.get()
    bench.onRevoke = () => Promise.reject(new Error('hunter2'))
    await bench.keeper.close()
    expect(bench.failures).to.deep.equal([
      'key: what was lent could not be given back; it is left to expire',
    ])
  })
})

describe('a keeper whose policy changes', () => {
  it('goes on with what is the same, and keeps the dummies that programs have', async () => {
    const expose = 'ANTHROPIC_API_KEY'
    const before = {
      key: { ...only()['key'], source: { env: 'A' }, carrier: { header: 'x-a' }, expose },
    }
    const bench = new Bench(before)
    await bench.gives('secret-1').get()
    const dummy = bench.keeper.find('key')?.dummy
    bench.keeper.update({ ...before })
    expect([bench.at, bench.keeper.find('key')?.dummy]).to.deep.equal(['secret-1', dummy])
    bench.keeper.update({ key: { ...before.key, source: { env: 'B' } } })
    expect([bench.at, bench.keeper.find('key')?.dummy]).to.deep.equal(['none', dummy])
  })

  it('gives back what is gone, and still hides it', async () => {
    const bench = new Bench()
    await bench.gives('secret-1', null, true).get()
    bench.keeper.update({})
    expect([bench.keeper.find('key'), bench.at, bench.revoked]).to.deep.equal([
      null,
      'none',
      ['secret-1'],
    ])
    expect(bench.keeper.hidden(['key']).map(({ bytes }) => bytes.toString())).to.deep.equal([
      'secret-1',
    ])
  })

  it('that cannot be stays as it was', async () => {
    const bench = new Bench()
    await bench.gives('secret-1').get()
    const wrong = { source: { env: 'B' }, carrier: { json: 'no pointer' } } as const
    expect(() => bench.keeper.update({ other: wrong })).to.throw(/credentials\.other\.carrier/)
    expect(bench.at).to.equal('secret-1')
  })
})
