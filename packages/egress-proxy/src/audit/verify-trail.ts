import type { KeyObject } from 'node:crypto'
import { chainHash, chainStart, unsealLine } from './chain.ts'
import { isSigned } from './checkpoint.ts'
import type { Checkpoint } from './options.ts'

/** What is known of a trail beside its lines. */
export interface TrailEvidence {
  /** Of the key that signed; then every checkpoint must be signed by it. PEM, or a key. */
  readonly publicKey?: KeyObject | string | undefined
  /** Checkpoints that were kept elsewhere: the trail must agree with each. */
  readonly checkpoints?: readonly Checkpoint[] | undefined
}

/** Whether a trail is whole. */
export type TrailVerdict =
  | {
      readonly whole: true
      readonly lines: number
      readonly hash: string
      readonly dropped: number
    }
  | { readonly whole: false; readonly line: number; readonly fault: string }

/**
 * Looks whether a trail is as it was written: no line changed, left out, moved or added. The end of a
 * trail can be cut off unseen unless a checkpoint from elsewhere says how long it was.
 *
 * @param text The whole trail.
 */
export function verifyAuditTrail(text: string, evidence: TrailEvidence = {}): TrailVerdict {
  const lines = text.split('\n')
  if (lines.pop() !== '') return fault(lines.length + 1, 'the last line is cut off')
  const hashes = [chainStart]
  let dropped = 0
  for (const [index, line] of lines.entries()) {
    const checked = checkLine(line, { number: index + 1, previous: hashes[index] ?? '', evidence })
    if ('fault' in checked) return fault(index + 1, checked.fault)
    hashes.push(checked.hash)
    dropped += checked.dropped
  }
  for (const checkpoint of evidence.checkpoints ?? []) {
    const found = checkAnchor(checkpoint, { hashes, evidence })
    if (found !== null) return fault(checkpoint.lines, found)
  }
  return { whole: true, lines: lines.length, hash: hashes.at(-1) ?? chainStart, dropped }
}

interface LineCheck {
  readonly number: number
  readonly previous: string
  readonly evidence: TrailEvidence
}

function checkLine(
  line: string,
  { number, previous, evidence }: LineCheck,
): { readonly hash: string; readonly dropped: number } | { readonly fault: string } {
  const parts = unsealLine(line)
  if (parts === null) return { fault: 'this is no line of a trail' }
  if (chainHash(previous, parts.record) !== parts.hash)
    return { fault: 'the hash does not follow from what is before it' }
  const record = readRecord(parts.record)
  if (record === null || record['line'] !== number)
    return { fault: 'the number of the line is wrong' }
  if (record['type'] === 'checkpoint') {
    const found = checkOwn(record['checkpoint'], { number, previous, evidence })
    if (found !== null) return { fault: found }
  }
  const dropped = record['type'] === 'dropped' ? Number(record['lines']) : 0
  return { hash: parts.hash, dropped }
}

function readRecord(record: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(record)
    return typeof value === 'object' && value !== null ? { ...value } : null
  } catch {
    return null
  }
}

/** A checkpoint in the trail speaks of the lines before it. */
function checkOwn(value: unknown, { number, previous, evidence }: LineCheck): string | null {
  const checkpoint = readCheckpoint(value)
  if (checkpoint === null) return 'the checkpoint is malformed'
  if (checkpoint.lines !== number - 1 || checkpoint.hash !== previous)
    return 'the checkpoint does not speak of the lines before it'
  return signatureFault(checkpoint, evidence)
}

function checkAnchor(
  checkpoint: Checkpoint,
  { hashes, evidence }: { readonly hashes: readonly string[]; readonly evidence: TrailEvidence },
): string | null {
  const hash = hashes[checkpoint.lines]
  if (hash === undefined) return 'the trail is shorter than a checkpoint says'
  if (hash !== checkpoint.hash) return 'the trail is not the one that a checkpoint speaks of'
  return signatureFault(checkpoint, evidence)
}

function signatureFault(checkpoint: Checkpoint, { publicKey }: TrailEvidence): string | null {
  if (publicKey === undefined || isSigned(checkpoint, publicKey)) return null
  return 'a checkpoint is not signed by the key'
}

function readCheckpoint(value: unknown): Checkpoint | null {
  if (typeof value !== 'object' || value === null) return null
  const { sandboxId, lines, hash, time, signature }: Record<string, unknown> = { ...value }
  const isOne =
    typeof sandboxId === 'string' &&
    typeof lines === 'number' &&
    typeof hash === 'string' &&
    typeof time === 'number' &&
    (signature === null || typeof signature === 'string')
  return isOne ? { sandboxId, lines, hash, time, signature } : null
}

function fault(line: number, what: string): TrailVerdict {
  return { whole: false, line, fault: what }
}
