import type { Body, Field, ResponseHead } from '../http-message.ts'
import { RefusalError } from '../refusal.ts'
import { codingOf, type BodyCoding } from '../scan/content-coding.ts'
import { shortestPattern } from '../scan/forms.ts'
import type { Pattern } from '../scan/pattern.ts'
import { DecodedBody } from './decoded-body.ts'
import { Overwriter } from './overwriter.ts'
import { fieldsOfDecoded } from './prepared.ts'
import { RedactedBody } from './redacted-body.ts'
import { RedactedFrames } from './redacted-frames.ts'
import { type OnReflected, SecretScan } from './secret-scan.ts'

const scratchBytes = 4096

/** An answer on its way inside. */
export interface Answer {
  readonly head: ResponseHead
  /** `null` where there is none; then nothing is said about how it would be coded. */
  readonly body: Body | null
}

/** What is told of one answer. */
export interface Reflections {
  /** Called at most once for the head, the body and the trailers together. Must not throw. */
  readonly onReflected: OnReflected
  /**
   * The redactor for secrets as they are now: an answer may last longer than the one that it began with. Asked
   * for each piece of a body. Default: the same.
   */
  readonly newest?: (() => Redactor) | undefined
}

/**
 * Makes every live secret unreadable in what comes back: overwritten by `[redacted:<id>]`, byte for byte, so
 * that lengths, frames and JSON stay what they are. Immutable: made anew when the secrets change.
 *
 * Out of its reach is what a server makes of a secret that no program writes by itself: a hash, a cipher, an
 * image, one letter in each answer. Credentials belong on hosts that give nothing back.
 */
export class Redactor {
  readonly isEmpty: boolean
  readonly #scan: SecretScan
  /** For what is read at once, and nothing is kept of. */
  readonly #scratch = Buffer.alloc(scratchBytes)

  /** @throws RangeError when the patterns are more than 4 MiB in all their forms */
  constructor(patterns: readonly Pattern[]) {
    this.#scan = new SecretScan(patterns)
    this.isEmpty = this.#scan.automaton.size === 0
  }

  /**
   * The whole of an answer: the head as {@link head} gives it, the body decoded, its trailers as
   * {@link fields} gives them.
   *
   * @throws RefusalError `response_unreadable` when the body is coded in a way that cannot be undone, or is
   *   a part that nobody asked for; the caller cancels the body
   */
  answer({ head, body }: Answer, { onReflected, newest }: Reflections): Answer {
    if (this.isEmpty && newest === undefined) return { head, body }
    const once = told(onReflected)
    if (body === null) return { head: this.head(head, once), body }
    const coding = readable(head)
    const headers = fieldsOfDecoded(head.headers, coding)
    return {
      head: this.head({ status: head.status, headers, phrase: head.phrase }, once),
      body: this.#body(body, coding, { onReflected: once, newest }),
    }
  }

  /** Header fields and status phrase. A field whose very name holds a secret is left out. */
  head(head: ResponseHead, onReflected: OnReflected): ResponseHead {
    const { status, phrase } = head
    const headers = this.fields(head.headers, onReflected)
    if (phrase === undefined) return { status, headers }
    return { status, headers, phrase: this.#text(phrase, onReflected) ?? phrase }
  }

  /** Header or trailer fields. */
  fields(fields: readonly Field[], onReflected: OnReflected): readonly Field[] {
    if (this.isEmpty || this.#areClean(fields)) return fields
    let changed = false
    const kept: Field[] = []
    for (const field of fields) {
      const [name, value] = field
      const nameFound = this.#text(name, onReflected)
      const redacted = this.#text(value, onReflected)
      changed ||= nameFound !== null || redacted !== null
      if (nameFound === null) kept.push(redacted === null ? field : [name, redacted])
    }
    return changed ? kept : fields
  }

  /** @param coding As {@link codingOf} read it from the head; a body that is coded goes on without. */
  body(body: Body, coding: Exclude<BodyCoding, 'unknown'>, onReflected: OnReflected): Body {
    return this.isEmpty ? body : this.#body(body, coding, { onReflected })
  }

  #body(
    body: Body,
    coding: Exclude<BodyCoding, 'unknown'>,
    { onReflected, newest = () => this }: Reflections,
  ): Body {
    const plain = coding === 'identity' ? body : new DecodedBody(body, coding)
    return new RedactedBody(plain, {
      overwriter: new Overwriter(() => newest().#scan, onReflected),
      trailers: (fields) => newest().fields(fields, onReflected),
    })
  }

  /** What a server sends over a WebSocket. `onReflected` is called once. */
  frames(onReflected: OnReflected, newest: () => Redactor = () => this): RedactedFrames {
    return new RedactedFrames(() => newest().#scan, told(onReflected))
  }

  /** One look at all of them, for nearly always nothing is in any. */
  #areClean(fields: readonly Field[]): boolean {
    let text = ''
    for (const [name, value] of fields) text += `${name} ${value} `
    const bytes =
      text.length > scratchBytes
        ? Buffer.from(text, 'latin1')
        : this.#scratch.subarray(0, this.#scratch.write(text, 0, 'latin1'))
    return this.#scan.automaton.find({ state: 0 }, bytes, 0) < 0
  }

  /** `null` when nothing is in it. Fields are latin-1 text. */
  #text(text: string, onReflected: OnReflected): string | null {
    if (text.length < shortestPattern) return null
    const bytes = Buffer.from(text, 'latin1')
    if (this.#scan.automaton.find({ state: 0 }, bytes, 0) < 0) return null
    const overwriter = new Overwriter(() => this.#scan, onReflected)
    const parts = [...overwriter.push(bytes), ...overwriter.flush()]
    return Buffer.concat(parts).toString('latin1')
  }
}

function told(onReflected: OnReflected): OnReflected {
  let isTold = false
  return (about) => {
    if (isTold) return
    isTold = true
    onReflected(about)
  }
}

function readable(head: ResponseHead): Exclude<BodyCoding, 'unknown'> {
  const coding = codingOf(head.headers)
  if (coding === 'unknown') throw unreadable('is coded in a way that cannot be undone')
  if (head.status === 206) throw unreadable('is a part that was not asked for')
  return coding
}

function unreadable(what: string): RefusalError {
  return new RefusalError({
    code: 'response_unreadable',
    rule: null,
    reason: `the answer may hold a secret that is kept outside, and ${what}`,
    remedy: 'ask for the whole, with `accept-encoding: identity` or `gzip`',
  })
}
