import { expect } from 'chai'
import { generateKeyPairSync } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { openTrail } from '../../dist/audit/open-trail.js'
import type { Checkpoint } from '../../dist/audit/options.js'
import { verifyAuditTrail } from '../../dist/audit/verify-trail.js'
import { decision, Kept, nothing } from './made-up.ts'

/** A sink that takes one piece, and answers only when told to. */
class Stuck {
  readonly pieces: string[] = []
  release: () => void = () => undefined

  readonly write = (lines: string): Promise<void> => {
    this.pieces.push(lines)
    return new Promise((resolve) => {
      this.release = resolve
    })
  }
}

describe('an audit trail', () => {
  it('begins with a line, tells decisions and ends with a final checkpoint', async () => {
    const kept = new Kept({ strict: true })
    kept.trail.decided(decision(1), {
      template: '/item/*',
      queryKeys: ['q'],
      headerNames: ['x-a'],
      identity: 'anonymous',
      tenantHeaders: [],
    })
    kept.trail.finished(1, {
      bytesOut: 10,
      bytesIn: 20,
      status: 200,
      outcome: 'complete',
      durationMs: 1.5,
    })
    await kept.trail.close()
    const [opened, decided, finished, end] = kept.records
    expect(opened).to.include({
      schema: 1,
      type: 'opened',
      line: 1,
      sandboxId: 'box',
      strict: true,
    })
    expect(decided).to.include({ type: 'decision', sequence: 1, template: '/item/*', line: 2 })
    expect(decided).not.to.have.property('path')
    expect(decided).to.deep.include({
      queryKeys: ['q'],
      headerNames: ['x-a'],
      identity: 'anonymous',
    })
    expect(finished).to.include({ type: 'finished', sequence: 1, status: 200, bytesIn: 20 })
    expect(end).to.have.nested.property('checkpoint.final', true)
  })

  it('writes nothing after its end, and ends once', async () => {
    const kept = new Kept()
    await kept.trail.close()
    const { text } = kept
    kept.trail.decided(decision(1), nothing)
    await kept.trail.close()
    expect(kept.text).to.equal(text)
  })

  it('makes a checkpoint after so many lines', async () => {
    const checkpoints: Checkpoint[] = []
    const kept = new Kept({ checkpointEvery: 4, onCheckpoint: (one) => void checkpoints.push(one) })
    for (let number = 1; number <= 8; number += 1) kept.trail.decided(decision(number), nothing)
    await kept.trail.close()
    expect(checkpoints.map(({ lines, final }) => [lines, final])).to.deep.equal([
      [4, false],
      [9, false],
      [11, true],
    ])
    expect(verifyAuditTrail(kept.text, { checkpoints })).to.include({ whole: true, anchored: 11 })
  })

  it('tells when nobody takes a checkpoint, and goes on', async () => {
    const kept = new Kept({
      onCheckpoint: () => {
        throw new Error('no')
      },
    })
    await kept.trail.close()
    expect(kept.logs).to.have.length(1)
    expect(verifyAuditTrail(kept.text)).to.include({ whole: true })
  })

  const hostile: readonly [what: string, text: string][] = [
    ['line feeds', 'a\nb\r\n{"type":"decision"}'],
    ['terminal controls of one byte', '\u001b[2J\u009b31m\u007f'],
    ['line separators of Unicode', 'a\u2028b\u2029c\u0085'],
    ['marks that turn text around', '\u202egnp.exe\u2066'],
    ['a lone surrogate', 'a\ud800b'],
    ['quotes and back slashes', '","hash":"\\"'],
  ]
  for (const [what, text] of hostile) {
    it(`writes ${what} as one line of visible ASCII`, async () => {
      const kept = new Kept()
      kept.trail.decided(decision(1, { path: text, method: text, reason: text }), {
        template: null,
        queryKeys: [text],
        headerNames: [text],
        identity: 'anonymous',
        tenantHeaders: [],
      })
      await kept.trail.close()
      expect(kept.lines).to.have.length(3)
      expect(kept.text).to.match(/^[\u0020-\u007e\n]*$/)
      expect(kept.records[1]).to.include({ reason: text })
      expect(verifyAuditTrail(kept.text)).to.include({ whole: true })
    })
  }

  it('bounds what the inside chose', async () => {
    const kept = new Kept()
    const names = Array.from({ length: 5000 }, (_, index) => `${index}`.padEnd(8192, 'k'))
    const long = '\u0001'.repeat(8192)
    kept.trail.decided(decision(1, { path: long, host: long, method: long, reason: long }), {
      template: null,
      queryKeys: names,
      headerNames: names,
      identity: 'anonymous',
      tenantHeaders: [],
    })
    await kept.trail.close()
    expect(kept.lines[1]?.length).to.be.lessThan(32_768)
    expect(kept.records[1]).to.include({ queryKeysLeftOut: 4936, headerNamesLeftOut: 4936 })
    expect(kept.records[1]?.['path']).to.match(/…$/)
  })

  describe('whose writer is blocked', () => {
    it('allows nothing when strict, until there is room again', async () => {
      const stuck = new Stuck()
      const { trail } = new Kept({ strict: true, write: stuck.write, pendingBytes: 2000 })
      await turn()
      for (let number = 1; trail.canWrite; number += 1) trail.decided(decision(number), nothing)
      stuck.release()
      await turn()
      stuck.release()
      await turn()
      expect(trail.canWrite).to.equal(true)
    })

    it('allows nothing when strict, after a line was lost, before that is written', async () => {
      const stuck = new Stuck()
      const { trail } = new Kept({ strict: true, write: stuck.write, pendingBytes: 2000 })
      await turn()
      for (let number = 1; number < 20; number += 1) trail.decided(decision(number), nothing)
      stuck.release()
      await turn()
      stuck.release()
      await turn()
      expect(trail.canWrite).to.equal(false)
      trail.decided(decision(20, { verdict: 'deny', code: 'audit_failed' }), nothing)
      expect(trail.canWrite).to.equal(true)
    })

    it('drops and counts when lax', async () => {
      const stuck = new Stuck()
      const { trail } = new Kept({ write: stuck.write, pendingBytes: 2000 })
      await turn()
      for (let number = 1; number <= 20; number += 1) {
        trail.decided(decision(number), nothing)
        expect(trail.canWrite).to.equal(true)
      }
      stuck.release()
      await turn()
      stuck.release()
      await turn()
      const closing = trail.close()
      await turn()
      stuck.release()
      await closing
      const text = stuck.pieces.join('')
      const told = [...text.matchAll(/"type":"decision"/g)].length
      const verdict = verifyAuditTrail(text)
      expect(verdict).to.include({ whole: true, dropped: 20 - told, closed: true })
      expect(told).to.be.lessThan(20)
    })

    it('closes all the same, and says so', async () => {
      const kept = new Kept({ write: () => new Promise(() => undefined), closeMs: 20 })
      await kept.trail.close()
      expect(kept.logs).to.deep.equal([
        'audit.write was still at work when the trail was closed; what follows is not written',
      ])
    })
  })

  it('writes nothing more after its writer failed once, and says so once', async () => {
    let calls = 0
    const write = (): Promise<void> => {
      calls += 1
      return Promise.reject(new Error('a secret'))
    }
    const kept = new Kept({ strict: true, write })
    await turn()
    kept.trail.decided(decision(1), nothing)
    await kept.trail.close()
    expect([calls, kept.trail.canWrite]).to.deep.equal([1, false])
    expect(kept.logs).to.deep.equal(['audit.write failed; nothing is allowed any more'])
  })

  const wrong: readonly [what: string, options: object][] = [
    ['neither path nor write', {}],
    ['both', { path: '/nowhere', write: () => undefined }],
    ['no lines between checkpoints', { write: () => undefined, checkpointEvery: 0 }],
    ['no room', { write: () => undefined, pendingBytes: Number.NaN }],
    ['no time', { write: () => undefined, closeMs: -1 }],
    [
      'a key that signs otherwise',
      {
        write: () => undefined,
        signingKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
      },
    ],
    [
      'a public key',
      { write: () => undefined, signingKey: generateKeyPairSync('ed25519').publicKey },
    ],
  ]
  for (const [what, options] of wrong) {
    it(`is not opened with ${what}`, () => {
      expect(() => openTrail(options, 'box', () => undefined)).to.throw(TypeError)
    })
  }
})
