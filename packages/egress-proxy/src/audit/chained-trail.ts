import type { EgressAlarm, EgressDecision } from '@caisson/core'
import type { KeyObject } from 'node:crypto'
import { chainHash, chainStart, sealLine } from './chain.ts'
import { signCheckpoint } from './checkpoint.ts'
import type { LineSink } from './line-sink-source.ts'
import { alarmFields, asciiJson, decisionFields } from './line-text.ts'
import type { Checkpoint } from './options.ts'
import type { AuditTrail, DecisionDetails, FinishedFigures } from './trail.ts'

/** What a trail is made of. */
export interface TrailParts {
  readonly sandboxId: string
  readonly sink: LineSink
  readonly strict: boolean
  readonly key: KeyObject | null
  readonly checkpointEvery: number
  onCheckpoint(checkpoint: Checkpoint): void
}

/**
 * Lines of JSON, each with the hash of all before it. A chain shows that a line was changed, left out or
 * moved; it does not stop somebody who may rewrite the whole file. Checkpoints that are kept elsewhere do.
 */
export class ChainedTrail implements AuditTrail {
  readonly keepsNames = true
  readonly #parts: TrailParts
  readonly #startedMs = performance.now()
  #hash = chainStart
  #lines = 0
  #dropped = 0
  #sinceCheckpoint = 0
  #closed = false

  constructor(parts: TrailParts) {
    this.#parts = parts
    // The file has something in it from now on, so that no second trail begins in it.
    this.#write('opened', { time: Date.now(), strict: parts.strict })
  }

  get canWrite(): boolean {
    return !this.#parts.strict || (this.#dropped === 0 && this.#parts.sink.hasRoom)
  }

  decided(decision: EgressDecision, details: DecisionDetails): void {
    this.#write('decision', decisionFields(decision, details))
  }

  alarmed(alarm: EgressAlarm): void {
    this.#write('alarm', alarmFields(alarm))
  }

  finished(sequence: number, figures: FinishedFigures): void {
    this.#write('finished', { sequence, time: Date.now(), ...figures })
  }

  async close(): Promise<void> {
    if (this.#closed) return
    if (this.#dropped > 0) this.#tellDropped()
    this.#checkpoint(true)
    this.#closed = true
    await this.#parts.sink.close()
  }

  #write(type: string, fields: object): void {
    if (this.#closed) return
    if (this.#dropped > 0 && !this.#tellDropped()) {
      this.#dropped += 1
      return
    }
    if (!this.#append(type, fields)) {
      this.#dropped += 1
      return
    }
    this.#sinceCheckpoint += 1
    if (this.#sinceCheckpoint >= this.#parts.checkpointEvery) this.#checkpoint()
  }

  #tellDropped(): boolean {
    const told = this.#append('dropped', { lines: this.#dropped })
    if (told) this.#dropped = 0
    return told
  }

  #append(type: string, fields: object): boolean {
    const { sandboxId, sink } = this.#parts
    const elapsedMs = Math.round((performance.now() - this.#startedMs) * 1000) / 1000
    // Control characters are escaped, line feeds among them: one record is one line.
    const record = asciiJson({
      schema: 1,
      type,
      sandboxId,
      line: this.#lines + 1,
      elapsedMs,
      ...fields,
    })
    const hash = chainHash(this.#hash, record)
    if (!sink.take(`${sealLine(record, hash)}\n`)) return false
    this.#hash = hash
    this.#lines += 1
    return true
  }

  #checkpoint(final = false): void {
    this.#sinceCheckpoint = 0
    const { sandboxId, key, sink } = this.#parts
    const unsigned = { sandboxId, lines: this.#lines, hash: this.#hash, time: Date.now(), final }
    const checkpoint = signCheckpoint(unsigned, key)
    this.#append('checkpoint', { checkpoint })
    sink.persist()
    this.#parts.onCheckpoint(checkpoint)
  }
}
