import { expect } from 'chai'
import { generateKeyPairSync } from 'node:crypto'
import { chainHash, chainStart, sealLine, unsealLine } from '../../dist/audit/chain.js'
import type { AuditOptions, Checkpoint } from '../../dist/audit/options.js'
import { verifyAuditTrail } from '../../dist/audit/verify-trail.js'
import { trailOf } from './made-up.ts'

const ours = generateKeyPairSync('ed25519')
const theirs = generateKeyPairSync('ed25519')

function linesOf(text: string): string[] {
  return text.split('\n').slice(0, -1)
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}

/** What somebody does who may write the file: every hash made anew, so that all follow. */
function rechained(lines: readonly string[]): string {
  let previous = chainStart
  const sealed = lines.map((line) => {
    const record = unsealLine(line)?.record ?? ''
    previous = chainHash(previous, record)
    return sealLine(record, previous)
  })
  return textOf(sealed)
}

async function anchoredTrail(
  options: Omit<AuditOptions, 'path' | 'write'> = {},
): Promise<{ text: string; checkpoints: Checkpoint[] }> {
  const checkpoints: Checkpoint[] = []
  const onCheckpoint = (checkpoint: Checkpoint): void => void checkpoints.push(checkpoint)
  return { text: await trailOf(6, { checkpointEvery: 3, onCheckpoint, ...options }), checkpoints }
}

describe('verifyAuditTrail', () => {
  it('finds a trail whole that nobody touched', async () => {
    const text = await trailOf(5)
    const verdict = verifyAuditTrail(text)
    expect(verdict).to.include({ whole: true, lines: 7, dropped: 0, anchored: 0, closed: true })
  })

  it('says how far signed checkpoints vouch for it', async () => {
    const { text } = await anchoredTrail({ signingKey: ours.privateKey })
    const open = textOf(linesOf(text).slice(0, -2))
    const verdict = verifyAuditTrail(open, { publicKey: ours.publicKey })
    expect(verdict).to.include({ whole: true, lines: 8, anchored: 7, closed: false })
  })

  const acts: readonly [what: string, act: (lines: string[]) => string, line: number][] = [
    ['a changed byte', (lines) => textOf(lines).replace('/item/2', '/item/9'), 3],
    ['a removed line', (lines) => textOf(lines.toSpliced(2, 1)), 3],
    ['swapped lines', ([a = '', b = '', c = '', ...rest]) => textOf([a, c, b, ...rest]), 2],
    [
      'a line that stands there twice',
      ([a = '', b = '', ...rest]) => textOf([a, b, b, ...rest]),
      3,
    ],
    ['a missing beginning', (lines) => textOf(lines.slice(1)), 1],
    ['a missing beginning, hashed anew', (lines) => rechained(lines.slice(1)), 1],
    ['a removed line, hashed anew', (lines) => rechained(lines.toSpliced(2, 1)), 3],
    ['a line that is cut', (lines) => textOf(lines).slice(0, -10), 6],
    ['a line that is no JSON', (lines) => textOf([...lines, 'x']), 7],
    ['a line of nothing', (lines) => textOf([...lines, '']), 7],
    ['a line after the end', (lines) => rechained([...lines, continued(lines)]), 7],
  ]
  for (const [what, act, line] of acts) {
    it(`sees ${what}`, async () => {
      const lines = linesOf(await trailOf(4))
      const verdict = verifyAuditTrail(act(lines))
      expect(verdict).to.include({ whole: false, line })
    })
  }

  it('sees nothing in no bytes at all', () => {
    expect(verifyAuditTrail('')).to.include({ whole: false, line: 1 })
  })

  describe('of a cut end', () => {
    it('sees no more than that it was not closed, without evidence from elsewhere', async () => {
      const { text } = await anchoredTrail()
      const cut = textOf(linesOf(text).slice(0, 4))
      expect(verifyAuditTrail(cut)).to.include({ whole: true, closed: false })
    })

    it('is told by a checkpoint that was kept elsewhere', async () => {
      const { text, checkpoints } = await anchoredTrail()
      const cut = textOf(linesOf(text).slice(0, 4))
      expect(verifyAuditTrail(cut, { checkpoints })).to.include({ whole: false })
      expect(verifyAuditTrail(text, { checkpoints })).to.include({ whole: true })
    })

    it('cannot be made to look closed without the key', async () => {
      const { text } = await anchoredTrail({ signingKey: ours.privateKey })
      const cut = linesOf(text).slice(0, 4)
      const forged = rechained(cut.map((line) => line.replace('"final":false', '"final":true')))
      const evidence = { publicKey: ours.publicKey }
      expect(verifyAuditTrail(textOf(cut), evidence)).to.include({ whole: true, closed: false })
      expect(verifyAuditTrail(forged)).to.include({ whole: true, closed: true })
      expect(verifyAuditTrail(forged, evidence)).to.include({ whole: false, line: 4 })
    })
  })

  describe('of a trail whose hashes were made anew', () => {
    const rewritten = (text: string): string =>
      rechained(linesOf(text).map((line) => line.replace('/item/5', '/item/9')))

    it('sees nothing by itself, which is why there are checkpoints', async () => {
      const { text } = await anchoredTrail({ checkpointEvery: 100 })
      const changed = linesOf(text).slice(0, -1)
      expect(verifyAuditTrail(rewritten(textOf(changed)))).to.include({ whole: true })
    })

    it('sees it by a signed checkpoint after the change', async () => {
      const { text } = await anchoredTrail({ signingKey: ours.privateKey })
      const evidence = { publicKey: ours.publicKey }
      expect(verifyAuditTrail(text, evidence)).to.include({ whole: true })
      expect(verifyAuditTrail(rewritten(text), evidence)).to.include({ whole: false })
    })

    it('sees it by an unsigned checkpoint that was kept elsewhere', async () => {
      const { text, checkpoints } = await anchoredTrail()
      expect(verifyAuditTrail(rewritten(text), { checkpoints })).to.include({ whole: false })
    })

    it('does not take signatures of another key', async () => {
      const { text } = await anchoredTrail({ signingKey: theirs.privateKey })
      const verdict = verifyAuditTrail(text, { publicKey: ours.publicKey })
      expect(verdict).to.include({ whole: false, fault: 'a checkpoint is not signed by the key' })
    })

    it('does not take a trail from which the signatures were removed', async () => {
      const { text } = await anchoredTrail({ signingKey: ours.privateKey })
      const unsigned = linesOf(text).filter((line) => !line.includes('"type":"checkpoint"'))
      const renumbered = unsigned.map((line, index) =>
        line.replace(/"line":\d+/, `"line":${index + 1}`),
      )
      expect(verifyAuditTrail(rechained(renumbered))).to.include({ whole: true })
      const verdict = verifyAuditTrail(rechained(renumbered), { publicKey: ours.publicKey })
      expect(verdict).to.include({ whole: false, fault: 'nothing in it is signed by the key' })
    })
  })

  it('does not take another sandbox’s trail for this one’s', async () => {
    const { text } = await anchoredTrail({ signingKey: ours.privateKey })
    const publicKey = ours.publicKey.export({ type: 'spki', format: 'pem' }).toString()
    expect(verifyAuditTrail(text, { publicKey, sandboxId: 'box' })).to.include({ whole: true })
    expect(verifyAuditTrail(text, { publicKey, sandboxId: 'other' })).to.include({ whole: false })
  })

  it('does not take lines of two sandboxes in one trail', async () => {
    const [first, second] = [await trailOf(1), await trailOf(2, {}, 'other')]
    const mixed = [...linesOf(first).slice(0, 2), linesOf(second)[2] ?? '']
    expect(verifyAuditTrail(rechained(mixed))).to.include({ whole: false, line: 3 })
  })
})

/** A line that would follow. */
function continued(lines: readonly string[]): string {
  return (lines[1] ?? '').replace('"line":2', `"line":${lines.length + 1}`)
}
