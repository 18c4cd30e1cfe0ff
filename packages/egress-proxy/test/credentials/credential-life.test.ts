import { expect } from 'chai'
import type { Secret } from '../../dist/credentials/secret.js'
import { Bench, never, outcome, settle } from './fixture.ts'

describe('a credential that an upstream rejects', () => {
  function rejected(bench: Bench): Promise<Secret> {
    return bench.gives('the-old-one').keeper.get('key', never)
  }

  it('is had anew, once for all who were rejected', async () => {
    const bench = new Bench()
    const old = await rejected(bench)
    const gate = bench.waits()
    const all = Array.from({ length: 10 }, () => outcome(bench.keeper.renew('key', old, never)))
    await settle()
    gate.give('the-new-one')
    expect(new Set(await Promise.all(all))).to.deep.equal(new Set(['the-new-one']))
    expect(await outcome(bench.keeper.renew('key', old, never))).to.equal('the-new-one')
    expect(bench.asked).to.equal(2)
  })

  it('is not had anew from a source that has no other', async () => {
    const bench = new Bench()
    const old = await rejected(bench)
    expect(await outcome(bench.keeper.renew('key', old, never))).to.equal('none')
    expect(await outcome(bench.keeper.renew('key', old, never))).to.equal('none')
    expect([bench.asked, bench.at]).to.deep.equal([2, 'the-old-one'])
    bench.now += 30_000
    bench.gives('the-changed-one')
    expect(await outcome(bench.keeper.renew('key', old, never))).to.equal('the-changed-one')
  })

  it('is not had anew again when the new one is rejected a moment later', async () => {
    const bench = new Bench()
    const old = await rejected(bench)
    const next = await (bench.gives('the-new-one'), bench.keeper.renew('key', old, never))
    if (next === null) throw new Error('there was no other')
    expect(await outcome(bench.keeper.renew('key', next, never))).to.equal('none')
    expect(bench.asked).to.equal(2)
  })

  it('is not had anew while its source is left alone', async () => {
    const bench = new Bench()
    const old = await rejected(bench)
    bench.fails()
    expect(await outcome(bench.keeper.renew('key', old, never))).to.equal('none')
    expect([bench.failures.length, bench.at]).to.deep.equal([1, 'the-old-one'])
  })

  it('holds nobody who leaves', async () => {
    const bench = new Bench()
    const old = await rejected(bench)
    bench.waits()
    const leaving = new AbortController()
    const renewed = outcome(bench.keeper.renew('key', old, leaving.signal))
    leaving.abort()
    expect(await renewed).to.equal('none')
  })
})

describe('a credential that is rotated', () => {
  it('is fetched anew before it is used again, and given back', async () => {
    const bench = new Bench()
    await bench.gives('the-old-one', null, true).get()
    await bench.gives('the-new-one').keeper.rotate('key')
    expect([bench.at, await bench.get(), bench.revoked]).to.deep.equal([
      'none',
      'the-new-one',
      ['the-old-one'],
    ])
  })

  it('is not what was on its way already', async () => {
    const bench = new Bench()
    const gate = bench.waits()
    const waiting = bench.get()
    await settle()
    bench.gives('the-new-one')
    await bench.keeper.rotate('key')
    gate.give('the-old-one')
    expect(await waiting).to.equal('the-new-one')
    await settle()
    expect([bench.at, bench.revoked]).to.deep.equal(['the-new-one', ['the-old-one']])
  })

  it('does not wait out an earlier failure', async () => {
    const bench = new Bench().fails()
    await bench.get()
    await bench.gives('the-new-one').keeper.rotate('key')
    expect(await bench.get()).to.equal('the-new-one')
  })
})

describe('a credential that is revoked', () => {
  it('is refused to all, given back, and overwritten', async () => {
    const bench = new Bench()
    const held = await bench.gives('secret-1', null, true).keeper.get('key', never)
    await bench.keeper.revoke('key')
    expect([bench.at, await bench.get(), bench.revoked]).to.deep.equal([
      'none',
      'credential_revoked',
      ['secret-1'],
    ])
    expect(held.bytes.every((byte) => byte === 0)).to.equal(true)
    expect(await outcome(bench.keeper.renew('key', held, never))).to.equal('none')
  })

  it('stays hidden', async () => {
    const bench = new Bench()
    await bench.gives('secret-1').get()
    await bench.keeper.revoke('key')
    expect(bench.keeper.hidden(['key']).map(({ bytes }) => bytes.toString())).to.deep.equal([
      'secret-1',
    ])
  })

  it('refuses those who wait, and takes what then comes no more', async () => {
    const bench = new Bench()
    const gate = bench.waits()
    const waiting = bench.get()
    await settle()
    await bench.keeper.revoke('key')
    expect(await waiting).to.equal('credential_revoked')
    gate.give('the-late-one')
    await settle()
    expect([bench.at, bench.revoked]).to.deep.equal(['none', ['the-late-one']])
  })
})
