import type { SessionNotice } from '@caisson/core'
import { Builtin } from './builtin.ts'
import type { Reader } from './decode.ts'
import { deferred, type Deferred } from './deferred.ts'
import { Writer } from './encode.ts'
import type { GuestLink } from './link.ts'
import type { Notices } from './notices.ts'
import { bound } from './protocol.ts'
import { protocolError } from './protocol-error.ts'
import { recordStream, sizeWithStrings, type RecordShape } from './record-stream.ts'
import { writeRules } from './rules-field.ts'
import type { SetupOperation } from './setup.ts'
import { printable } from './text.ts'

type Mount = Extract<SetupOperation, { kind: 'mount' }>

/** What the sentinel watches of one mount. */
export type WatchedMount = Pick<Mount, 'index' | 'target' | 'deny' | 'protect'>

const ruleIdMost = 256
/** In the place of a mount index: the answer to a question. */
const answerIndex = 0xffff_ffff
const answer = Symbol('answer')
const question = Uint8Array.of(1)

/**
 * The mounts with rules that can come to match something new on the host. Not overlays: what is made there stays there until
 * it is committed, and commit judges it.
 */
export function watchedMounts(operations: readonly SetupOperation[]): WatchedMount[] {
  return operations
    .filter((step): step is Mount => step.kind === 'mount' && step.access !== 'overlay')
    .map(({ index, target, deny, protect, access }) => ({
      index,
      target,
      deny,
      protect: access === 'write' ? protect : [],
    }))
    .filter((mount) => mount.deny.length + mount.protect.length > 0)
}

/** How long is waited for the sentinel to put its watches up, and later to say that it told everything. */
const readyMs = 10_000
const answerMs = 500
/** With so many questions open it is taken for dead. */
const questionsMost = 64

/**
 * Watches for as long as the session lives. That it cannot, or no longer does, is told as a notice: a command has the rights
 * to end it.
 */
export class Sentinel {
  readonly #builtin: Builtin
  readonly #notices: Notices
  readonly #questions: Deferred<void>[] = []
  readonly #ready: Promise<void>
  #over = false

  constructor(link: GuestLink, mounts: readonly WatchedMount[], notices: Notices) {
    this.#notices = notices
    this.#builtin = new Builtin(link, ['sentinel'], 'pipe')
    void this.#watch(link, mounts)
    this.#ready = this.#begin(mounts)
  }

  /** Resolves when it watches, or never will. */
  get ready(): Promise<void> {
    return this.#ready
  }

  /** Resolves when everything that happened before the call was told, or it no longer watches. Never rejects. */
  async settled(): Promise<void> {
    await this.#ready
    await this.#ask(answerMs)
  }

  async #begin(mounts: readonly WatchedMount[]): Promise<void> {
    const list = encodeWatched(mounts)
    const length = new Writer(4).u32(list.length).finish()
    const written = this.#builtin.write(Buffer.concat([length, list]))
    written.catch(() => this.#stop('it does not listen'))
    await this.#ask(readyMs)
  }

  /**
   * A question that is not answered in time is not waited for, and stays open: a command that keeps the sentinel busy must
   * not be rid of it by that.
   */
  async #ask(timeoutMs: number): Promise<void> {
    if (this.#over) return
    if (this.#questions.length >= questionsMost) return this.#stop('it does not answer')
    const answered = deferred<void>()
    this.#questions.push(answered)
    const timer = setTimeout(() => {
      this.#notices.tell(late)
      answered.resolve()
    }, timeoutMs)
    this.#builtin.write(question).catch(() => this.#stop('it does not listen'))
    await answered.promise
    clearTimeout(timer)
  }

  async #watch(link: GuestLink, mounts: readonly WatchedMount[]): Promise<void> {
    try {
      const records = recordStream(this.#builtin, shapeFor(mounts))
      for await (const record of records) this.#take(record)
      await this.#builtin.succeed('watching the rules')
      this.#stop('it ended')
    } catch (error) {
      const isOver = link.over !== undefined || link.closing
      this.#stop(isOver ? undefined : error instanceof Error ? error.message : 'unknown')
    }
  }

  #take(record: SessionNotice | typeof answer): void {
    if (record !== answer) return this.#notices.tell(record)
    const question = this.#questions.shift()
    if (question === undefined) throw this.#builtin.broken('an answer that nobody asked for')
    question.resolve()
  }

  #stop(why: string | undefined): void {
    if (this.#over) return
    this.#over = true
    if (why !== undefined) this.#notices.tell(stopped(why))
    this.#builtin.abandon()
    for (const question of this.#questions.splice(0)) question.resolve()
  }
}

const late: SessionNotice = {
  kind: 'log',
  message: 'watching files that rules name is behind: a refusal may miss the result of its command',
}

function encodeWatched(mounts: readonly WatchedMount[]): Buffer {
  const to = new Writer(4096).u32(mounts.length)
  for (const { index, target, deny, protect } of mounts) {
    to.u32(index).str(target)
    writeRules(to, deny)
    writeRules(to, protect)
  }
  return to.finish()
}

function shapeFor(mounts: readonly WatchedMount[]): RecordShape<SessionNotice | typeof answer> {
  const byIndex = new Map(mounts.map((mount) => [mount.index, mount]))
  return {
    size: (bytes) => sizeWithStrings(bytes, 5, [ruleIdMost, bound.PATH_BYTES_MAX]),
    read: (reader) => readRecord(reader, byIndex),
  }
}

function readRecord(
  reader: Reader,
  mounts: ReadonlyMap<number, WatchedMount>,
): SessionNotice | typeof answer {
  const index = reader.u32()
  const mount = mounts.get(index)
  const isProtect = reader.below(2, 'list of rules') === 1
  const id = printable(reader.str(ruleIdMost))
  const path = printable(reader.str(bound.PATH_BYTES_MAX))
  if (index === answerIndex && id === '' && path === '') return answer
  const rule = (isProtect ? mount?.protect : mount?.deny)?.find((known) => known.rule === id)
  if (rule === undefined) throw protocolError('a notice about a rule that is not watched')
  return { kind: isProtect ? 'protect-created' : 'deny-created', path, rule: rule.rule }
}

function stopped(why: string): SessionNotice {
  return { kind: 'log', message: `files that rules name are no longer watched for: ${why}` }
}
