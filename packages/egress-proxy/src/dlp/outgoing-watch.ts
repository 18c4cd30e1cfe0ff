import type { Body, Field } from '../http-message.ts'
import type { Cursor } from '../scan/automaton.ts'
import type { BodyCoding } from '../scan/content-coding.ts'
import type { Pattern } from '../scan/pattern.ts'
import { PatternScan } from '../scan/pattern-scan.ts'
import { Carried } from './carried.ts'
import type { Hit } from './hit.ts'
import { leastKept, type PartTools, PartWatch } from './part-watch.ts'
import { SentFrames } from './sent-frames.ts'
import { SplitLedger } from './split-ledger.ts'
import { type BodyWatch, WatchedBody } from './watched-body.ts'

/** What of a request leaves before its body. */
export interface OutgoingHead {
  readonly host: string
  /** Canonical, as it is sent. */
  readonly path: string
  /** Decoded. */
  readonly query: readonly (readonly [key: string, value: string])[]
  readonly headers: readonly Field[]
}

/** Where a body goes, and how it is coded. */
export interface BodyPlace {
  readonly host: string
  readonly coding: BodyCoding
}

/** A part of a request that has a like in others. */
interface Place {
  readonly where: 'path' | 'query' | 'header'
  readonly host: string
  readonly part: string
}

const scratchBytes = 8192
const mayHoldEscape = /[%\\&\r\n]/
/** All but printable ASCII without what begins an escape. */
const beyondPlain = /[^ !-$'-[\]-~]/

/**
 * Looks through everything that leaves for secrets that are kept outside, for dummies (the caller takes a
 * dummy out of its own slot before) and for canaries: as they are and as programs write them (in base64 at
 * any alignment, hexadecimal, base32, escapes of URLs, JSON and HTML in any mixture, UTF-16, backwards),
 * letters alike in either case, and split over several requests.
 *
 * A tripwire, and not the wall: ciphers, codings of somebody's own, pictures, and what is said by times and
 * by counts, are out of its reach. What holds is that secrets are not inside, that requests go out in the
 * right name, and budgets.
 */
export class OutgoingWatch {
  readonly isEmpty: boolean
  readonly #tools: PartTools
  readonly #carried = new Carried()
  readonly #scratch = Buffer.alloc(scratchBytes)
  readonly #cursor: Cursor = { state: 0 }

  /**
   * @param before A watch beside this one, or before it: which pieces have left, both know.
   * @throws RangeError when the patterns are more than 4 MiB in all their forms
   */
  constructor(patterns: readonly Pattern[], before: OutgoingWatch | null = null) {
    const scan = new PatternScan(patterns, 'out')
    const ledger = new SplitLedger(before === null ? null : before.#tools.ledger)
    this.#tools = { scan, ledger }
    this.isEmpty = scan.automaton.size === 0
  }

  /** Before a name is looked up: its labels, and what they are without the dots between them. */
  name(host: string): Hit | null {
    if (this.isEmpty) return null
    return this.#text('name', host.replaceAll('.', '')) ?? this.#text('name', host)
  }

  /** Path, query and headers. Also adds to what is known of the parts of earlier requests. */
  head(head: OutgoingHead): Hit | null {
    if (this.isEmpty || this.#isPlainHead(head)) return null
    return this.#path(head) ?? this.#query(head) ?? this.#headers(head)
  }

  /** For a body as it is sent, or beside it for what it is decoded to. */
  body(host: string): BodyWatch {
    const part = new PartWatch(this.#tools, 'body', this.#carried.at(host, 'body'))
    return {
      push: (chunk) => (this.isEmpty ? null : part.push(chunk)),
      end: () => {
        const hit = part.end()
        if (hit === null) this.#carried.keep(host, 'body', part.progress)
        return hit
      },
    }
  }

  /** A body that was read whole. */
  whole(host: string, bytes: Uint8Array): Hit | null {
    const body = this.body(host)
    return body.push(bytes) ?? body.end()
  }

  /**
   * A body on its way out, with its trailers, looked through before it is passed on. With a hit it fails with
   * a `RefusalError` (see `refusalOfHit`), and with `body_unreadable` when its coding cannot be undone.
   *
   * @param coding As `codingOf` read it from the head
   * @param onHit Called once, before it fails
   */
  watched(body: Body, { host, coding }: BodyPlace, onHit: (hit: Hit) => void): Body {
    if (this.isEmpty) return body
    const asSent = new PartWatch(this.#tools, 'body', null)
    return new WatchedBody(body, {
      watch: this.body(host),
      asSent,
      coding,
      trailers: (fields) => this.trailers(host, fields),
      onHit,
    })
  }

  /** Trailers of a request. */
  trailers(host: string, fields: readonly Field[]): Hit | null {
    return this.isEmpty ? null : this.#headers({ host, headers: fields })
  }

  /** What a client sends over a WebSocket, message by message and across them. */
  frames(): SentFrames {
    return new SentFrames(() => new PartWatch(this.#tools, 'websocket', null))
  }

  /**
   * What nearly every head is: without escapes, nothing found, nothing begun, and nothing to go on with. Put
   * into one buffer, and looked at part by part: with what follows, the end of one would begin nothing.
   */
  #isPlainHead({ host, path, query, headers }: OutgoingHead): boolean {
    if (this.#carried.has(host)) return false
    let text = path
    for (const [key, value] of query) text += `${key} ${value}`
    for (const [name, value] of headers) text += `${name} ${value}`
    if (text.length > scratchBytes || beyondPlain.test(text)) return false
    this.#scratch.write(text, 0, 'latin1')
    if (!this.#isCleanPart(0, path.length)) return false
    const behindQuery = this.#cleanUntil(path.length, query)
    return behindQuery >= 0 && this.#cleanUntil(behindQuery, headers) >= 0
  }

  /** The place behind the pairs that begin at `start`; -1 when one of them is not clean. */
  #cleanUntil(start: number, pairs: readonly (readonly [key: string, value: string])[]): number {
    let from = start
    for (const [key, value] of pairs) {
      const to = from + key.length + 1 + value.length
      if (!this.#isCleanPart(from, to)) return -1
      from = to
    }
    return from
  }

  #isCleanPart(from: number, to: number): boolean {
    const { automaton } = this.#tools.scan
    const cursor = this.#cursor
    cursor.state = 0
    if (automaton.find(cursor, this.#scratch.subarray(from, to), 0) >= 0) return false
    return automaton.depth(cursor.state) < leastKept
  }

  #path({ host, path }: OutgoingHead): Hit | null {
    const last = path.slice(path.lastIndexOf('/') + 1)
    return this.#text('path', path) ?? this.#value({ where: 'path', host, part: 'path' }, last)
  }

  #query({ host, query }: OutgoingHead): Hit | null {
    for (const [key, value] of query) {
      const hit = this.#pair({ where: 'query', host, part: `query ${key}` }, key, value)
      if (hit !== null) return hit
    }
    return null
  }

  #headers({ host, headers }: Pick<OutgoingHead, 'host' | 'headers'>): Hit | null {
    for (const [name, value] of headers) {
      const hit = this.#pair({ where: 'header', host, part: name }, name, value)
      if (hit !== null) return hit
    }
    return null
  }

  #pair(place: Place, key: string, value: string): Hit | null {
    if (this.#isPlainlyClean(place, key, value)) return null
    return this.#text(place.where, key) ?? this.#value(place, value)
  }

  /** What nearly every field is: no escape, nothing found, nothing begun, and nothing to go on with. */
  #isPlainlyClean({ where, host, part }: Place, key: string, value: string): boolean {
    const text = `${key} ${value}`
    if (mayHoldEscape.test(text) || this.#carried.at(host, part) !== null) return false
    const cursor = { state: 0 }
    const { automaton } = this.#tools.scan
    if (automaton.find(cursor, this.#bytes(where, text), 0) >= 0) return false
    return automaton.depth(cursor.state) < leastKept
  }

  /** A part of a request that may go on where that of the last one ended. */
  #value({ where, host, part }: Place, text: string): Hit | null {
    const before = this.#carried.at(host, part)
    const watch = new PartWatch(this.#tools, where, before)
    const hit = watch.push(this.#bytes(where, text)) ?? watch.end()
    // What is refused does not leave: the next goes on where the last one ended that did.
    if (hit !== null) return hit
    const { progress } = watch
    if (progress !== null || before !== null) this.#carried.keep(host, part, progress)
    return null
  }

  #text(where: Hit['where'], text: string): Hit | null {
    const watch = new PartWatch(this.#tools, where, null)
    return watch.push(this.#bytes(where, text)) ?? watch.end()
  }

  /** Valid until the next call. Fields are latin-1 text, all else is Unicode. */
  #bytes(where: Hit['where'], text: string): Uint8Array {
    const encoding = where === 'header' ? 'latin1' : 'utf8'
    if (text.length * 3 > scratchBytes) return Buffer.from(text, encoding)
    return this.#scratch.subarray(0, this.#scratch.write(text, 0, encoding))
  }
}
