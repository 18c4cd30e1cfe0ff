import type { KeyObject } from 'node:crypto'
import { chainHash, chainStart, unsealLine } from './chain.ts'
import { isSigned } from './checkpoint.ts'
import type { Checkpoint } from './options.ts'

/** What is known of a trail beside its lines. */
export interface TrailEvidence {
  /** Whose trail it must be. Default: whoever the first line names. */
  readonly sandboxId?: string | undefined
  /** Of the key that signed; then every checkpoint must be signed by it, and there must be one. PEM, or a key. */
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
      /** Lines that found no room when they were told, and are not in it. */
      readonly dropped: number
      /**
       * So many lines, from the first, are vouched for by a checkpoint that was signed, or kept elsewhere.
       * Whoever could write the file could have made up the lines after them.
       */
      readonly anchored: number
      /** It ends with a final checkpoint, as a trail does that was closed. Otherwise the end may be missing. */
      readonly closed: boolean
    }
  | { readonly whole: false; readonly line: number; readonly fault: string }

interface Walk {
  readonly evidence: TrailEvidence
  /** Of every line so far, after that of the beginning. */
  readonly hashes: string[]
  sandboxId: string | null
  dropped: number
  anchored: number
  closed: boolean
}

/**
 * Looks whether a trail is as it was written: no line changed, left out, moved or added. Without `publicKey`
 * and `checkpoints` that holds only against who did not make the hashes anew, and the end can be cut off
 * unseen; see `anchored` and `closed`.
 *
 * @param text The whole trail.
 */
export function verifyAuditTrail(text: string, evidence: TrailEvidence = {}): TrailVerdict {
  const lines = text.split('\n')
  if (lines.pop() !== '') return fault(lines.length + 1, 'the last line is cut off')
  if (lines.length === 0) return fault(1, 'the trail is empty')
  const walk = newWalk(evidence)
  for (const [index, line] of lines.entries()) {
    const found = checkLine(line, walk)
    if (found !== null) return fault(index + 1, found)
  }
  for (const checkpoint of evidence.checkpoints ?? []) {
    const found = checkAnchor(checkpoint, walk)
    if (found !== null) return fault(checkpoint.lines, found)
  }
  if (evidence.publicKey !== undefined && walk.anchored === 0)
    return fault(lines.length, 'nothing in it is signed by the key')
  const { hashes, dropped, anchored, closed } = walk
  return { whole: true, lines: lines.length, hash: hashes.at(-1) ?? '', dropped, anchored, closed }
}

function newWalk(evidence: TrailEvidence): Walk {
  const sandboxId = evidence.sandboxId ?? null
  return { evidence, hashes: [chainStart], sandboxId, dropped: 0, anchored: 0, closed: false }
}

function checkLine(line: string, walk: Walk): string | null {
  const number = walk.hashes.length
  const previous = walk.hashes.at(-1) ?? ''
  const parts = unsealLine(line)
  if (parts === null) return 'this is no line of a trail'
  if (chainHash(previous, parts.record) !== parts.hash)
    return 'the hash does not follow from what is before it'
  const record = readRecord(parts.record)
  if (record === null || record['schema'] !== 1) return 'this is no line of a trail'
  if (record['line'] !== number) return 'the number of the line is wrong'
  if ((record['type'] === 'opened') !== (number === 1)) return 'the trail begins elsewhere'
  if (typeof record['sandboxId'] !== 'string') return 'the line names no sandbox'
  walk.sandboxId ??= record['sandboxId']
  if (record['sandboxId'] !== walk.sandboxId) return 'the line is of another sandbox'
  const found = checkByType(record, walk)
  walk.hashes.push(parts.hash)
  return found
}

function checkByType(record: Readonly<Record<string, unknown>>, walk: Walk): string | null {
  const { type, lines, checkpoint } = record
  if (walk.closed) return 'a line after the end'
  if (type === 'checkpoint') return checkOwn(checkpoint, walk)
  if (type !== 'dropped') return null
  if (!Number.isSafeInteger(lines) || Number(lines) < 1) return 'the count is malformed'
  walk.dropped += Number(lines)
  return null
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
function checkOwn(value: unknown, walk: Walk): string | null {
  const checkpoint = readCheckpoint(value)
  if (checkpoint === null) return 'the checkpoint is malformed'
  const before = walk.hashes.length - 1
  if (checkpoint.lines !== before || checkpoint.hash !== walk.hashes.at(-1))
    return 'the checkpoint does not speak of the lines before it'
  walk.closed = checkpoint.final
  const found = ownerFault(checkpoint, walk)
  // Without the key a signature says nothing: anybody could have put it there.
  if (found === null && walk.evidence.publicKey !== undefined) walk.anchored = before
  return found
}

function checkAnchor(checkpoint: Checkpoint, walk: Walk): string | null {
  const hash = walk.hashes[checkpoint.lines]
  if (hash === undefined) return 'the trail is shorter than a checkpoint says'
  if (hash !== checkpoint.hash) return 'the trail is not the one that a checkpoint speaks of'
  const found = ownerFault(checkpoint, walk)
  if (found === null) walk.anchored = Math.max(walk.anchored, checkpoint.lines)
  return found
}

function ownerFault(checkpoint: Checkpoint, { evidence, sandboxId }: Walk): string | null {
  if (checkpoint.sandboxId !== sandboxId) return 'a checkpoint is of another sandbox'
  const { publicKey } = evidence
  if (publicKey === undefined || isSigned(checkpoint, publicKey)) return null
  return 'a checkpoint is not signed by the key'
}

function readCheckpoint(value: unknown): Checkpoint | null {
  if (typeof value !== 'object' || value === null) return null
  const { sandboxId, lines, hash, time, final, signature }: Record<string, unknown> = { ...value }
  const isOne =
    typeof sandboxId === 'string' &&
    typeof lines === 'number' &&
    typeof hash === 'string' &&
    typeof time === 'number' &&
    typeof final === 'boolean' &&
    (signature === null || typeof signature === 'string')
  return isOne ? { sandboxId, lines, hash, time, final, signature } : null
}

function fault(line: number, what: string): TrailVerdict {
  return { whole: false, line, fault: what }
}
