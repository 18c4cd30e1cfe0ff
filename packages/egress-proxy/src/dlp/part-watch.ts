import type { Cursor } from '../scan/automaton.ts'
import type { PatternScan, ScanText } from '../scan/pattern-scan.ts'
import { Unescaper } from '../scan/unescaper.ts'
import type { Progress } from './carried.ts'
import type { Hit } from './hit.ts'
import { mostShare, type SplitLedger } from './split-ledger.ts'

/** What a part of a request is looked through with. */
export interface PartTools {
  readonly scan: PatternScan
  readonly ledger: SplitLedger
}

/** Letters at an end with which something may have begun; fewer are there by chance. */
export const leastKept = 3

/**
 * Looks through one part of what leaves, in two views: the bytes as they are, and as those see them who
 * undo escapes. The second costs nothing while it is the same.
 */
export class PartWatch {
  readonly #tools: PartTools
  readonly #where: Hit['where']
  readonly #raw: Cursor
  readonly #plain: Cursor
  readonly #unescaper = new Unescaper()
  #rawRead = 0
  #plainRead = 0

  /** `before`: where the same part of the last request left off, or `null`. */
  constructor(tools: PartTools, where: Hit['where'], before: Progress | null) {
    this.#tools = tools
    this.#where = where
    this.#raw = { state: before?.raw ?? 0 }
    this.#plain = { state: before?.plain ?? 0 }
  }

  push(chunk: Uint8Array): Hit | null {
    const wasSame = this.#raw.state === this.#plain.state
    const plain = this.#unescaper.push(chunk)
    const hit = this.#read(this.#raw, chunk, this.#rawRead)
    this.#rawRead += chunk.length
    if (hit !== null) return hit
    if (plain !== chunk || !wasSame) return this.#readPlain(plain)
    this.#plain.state = this.#raw.state
    this.#plainRead += chunk.length
    return null
  }

  end(): Hit | null {
    const rest = this.#unescaper.end()
    return rest.length === 0 ? null : this.#readPlain(rest)
  }

  /** Where it left off; `null` when nothing has begun. */
  get progress(): Progress | null {
    const { automaton } = this.#tools.scan
    const raw = this.#raw.state
    const plain = this.#plain.state
    const depth = Math.max(automaton.depth(raw), automaton.depth(plain))
    return depth < leastKept ? null : { raw, plain }
  }

  #readPlain(plain: Uint8Array): Hit | null {
    const hit = this.#read(this.#plain, plain, this.#plainRead)
    this.#plainRead += plain.length
    return hit
  }

  #read(cursor: Cursor, bytes: Uint8Array, before: number): Hit | null {
    const { automaton } = this.#tools.scan
    let at = automaton.find(cursor, bytes, 0)
    while (at >= 0) {
      for (const index of automaton.endings(cursor.state)) {
        const text = this.#tools.scan.text(index)
        const length = lengthSoFar(text, automaton.depth(cursor.state))
        const hit = this.#judged(text, (length ?? automaton.lengthOf(index)) <= before + at)
        if (hit !== null) return hit
      }
      at = automaton.find(cursor, bytes, at)
    }
    return null
  }

  /** `isHere`: what was found lies in this part, all of it. */
  #judged(text: ScanText | undefined, isHere: boolean): Hit | null {
    if (text === undefined) return null
    const { about, kind } = text.pattern
    const { form } = text
    if (form !== 'piece') return { about, kind, where: isHere ? this.#where : 'window', form }
    if (!this.#tools.ledger.add(text)) return null
    return isHere
      ? { about, kind, where: this.#where, form: 'raw' }
      : { about, kind, where: 'window', form }
  }
}

/**
 * Of a piece with which three quarters of its pattern went by on end: how many bytes. `null` for all that is
 * no piece; more than any part has, for a piece that came by itself.
 */
function lengthSoFar(text: ScanText | undefined, depth: number): number | null {
  if (text?.form !== 'piece') return null
  return depth >= text.pattern.bytes.length * mostShare ? depth : Number.POSITIVE_INFINITY
}
