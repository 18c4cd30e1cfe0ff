import { byteClasses, type ByteClasses, Trie } from './trie.ts'

/** How far into a stream somebody is: all that has to be kept from one chunk to the next. */
export interface Cursor {
  /** 0 at the start of a stream. */
  state: number
}

/** Bytes of all texts together. What is more than this is refused, and not looked for in part. */
const mostTextBytes = 4_194_304

/** How much of a text's beginning is looked at before it is followed letter by letter. */
const longestWindow = 16
const smearBits = 17

/**
 * Finds many texts at once in a stream (Aho and Corasick, 1975), letters alike in either case. States in
 * which the texts part have a row in a dense table; those with one way on, which are nearly all, have only
 * that letter and where to go on otherwise, so that a table for tens of thousands of letters is built within
 * milliseconds. Where nothing has begun, the three letters at the end of a window tell how far the next text
 * must be away (Wu and Manber, 1994).
 *
 * Linear in what is read, whatever is in it.
 */
export class Automaton {
  /** How many texts there are. */
  readonly size: number
  readonly #classOf: Uint8Array
  readonly #shift: number
  readonly #denseCount: number
  readonly #dense: Int32Array
  /** Of states that are not dense: the one letter, where it leads, and where all others are looked up. */
  readonly #letter: Uint8Array
  readonly #next: Int32Array
  readonly #fail: Int32Array
  readonly #depth: Int32Array
  /** One more than the longest text that ends in a state, or 0. */
  readonly #found: Int32Array
  /** The state of the next shorter text that ends there, or 0. */
  readonly #shorter: Int32Array
  readonly #lengths: Int32Array
  readonly #window: number
  readonly #skips: Uint8Array

  /** @throws RangeError when a text is shorter than 3 bytes, or all of them are more than 4 MiB */
  constructor(texts: readonly Uint8Array[]) {
    this.size = texts.length
    this.#lengths = Int32Array.from(texts, (text) => text.length)
    const bytes = this.#lengths.reduce((sum, length) => sum + length, 0)
    if (bytes > mostTextBytes) throw new RangeError('there are too many texts to look for')
    if (texts.some((text) => text.length < 3)) throw new RangeError('a text is too short')
    const classes = byteClasses(texts)
    this.#classOf = classes.of
    this.#shift = Math.ceil(Math.log2(Math.max(2, classes.count)))
    this.#window = this.#lengths.reduce((least, length) => Math.min(least, length), longestWindow)
    this.#skips = skipsOf(texts, classes, this.#window)
    const trie = new Trie(texts, classes)
    const { size } = trie
    const numbers = numbered(trie)
    this.#denseCount = numbers.dense
    this.#dense = new Int32Array(numbers.dense << this.#shift)
    this.#letter = new Uint8Array(size)
    this.#next = new Int32Array(size)
    this.#fail = new Int32Array(size)
    this.#depth = new Int32Array(size)
    this.#found = new Int32Array(size)
    this.#shorter = new Int32Array(size)
    for (const node of trie.order) this.#fill(trie, node, numbers.of)
  }

  /**
   * Reads on from `from` to the end of `chunk`, or to the end of a text: then what is returned is the place
   * behind it, and `longest` and its kin say what it is. -1 when the chunk is over.
   */
  find(cursor: Cursor, chunk: Uint8Array, from: number): number {
    const classOf = this.#classOf
    const dense = this.#dense
    const shift = this.#shift
    const found = this.#found
    const denseCount = this.#denseCount
    const end = chunk.length
    let { state } = cursor
    let at = from
    while (at < end) {
      if (state === 0) at = this.#skip(chunk, at)
      const letter = classOf[chunk[at] ?? 0] ?? 0
      at += 1
      if (state < denseCount) state = dense[(state << shift) + letter] ?? 0
      else state = this.#step(state, letter)
      if (found[state] !== 0) {
        cursor.state = state
        return at
      }
    }
    cursor.state = state
    return -1
  }

  /** Bytes at the end of what was read with which a text may have begun. */
  depth(state: number): number {
    return this.#depth[state] ?? 0
  }

  /** Index of the longest text that ends in a state; -1 when none does. */
  longest(state: number): number {
    return (this.#found[state] ?? 0) - 1
  }

  /** Indices of all texts that end in a state, the longest first. */
  *endings(state: number): Generator<number> {
    let at = state
    while (this.longest(at) >= 0) {
      yield this.longest(at)
      at = this.#shorter[at] ?? 0
    }
  }

  lengthOf(text: number): number {
    return this.#lengths[text] ?? 0
  }

  #step(from: number, letter: number): number {
    const denseCount = this.#denseCount
    let state = from
    while (state >= denseCount) {
      const next = this.#next[state] ?? 0
      if (next !== 0 && this.#letter[state] === letter) return next
      state = this.#fail[state] ?? 0
    }
    return this.#dense[(state << this.#shift) + letter] ?? 0
  }

  /** The first place, not before `from`, where a text may begin, or that is too near the end to say. */
  #skip(chunk: Uint8Array, from: number): number {
    const classOf = this.#classOf
    const skips = this.#skips
    const window = this.#window
    const last = chunk.length - window
    let at = from
    while (at <= last) {
      const end = at + window
      const smear = smeared(
        classOf[chunk[end - 3] ?? 0] ?? 0,
        classOf[chunk[end - 2] ?? 0] ?? 0,
        classOf[chunk[end - 1] ?? 0] ?? 0,
      )
      const skip = skips[smear] ?? 0
      if (skip === 0) return at
      at += skip
    }
    return at
  }

  #fill(trie: Trie, node: number, numbers: Int32Array): void {
    const state = numbers[node] ?? 0
    const fail = numbers[trie.fail[node] ?? 0] ?? 0
    this.#fail[state] = fail
    this.#depth[state] = trie.depth[node] ?? 0
    if (node !== 0) this.#end(state, fail, trie.terminal[node] ?? 0)
    if (state < this.#denseCount) this.#fillRow(state, fail)
    this.#leadOn(trie, node, numbers)
  }

  #leadOn(trie: Trie, node: number, numbers: Int32Array): void {
    const state = numbers[node] ?? 0
    let child = trie.firstChild[node] ?? 0
    while (child !== 0) {
      this.#lead(state, trie.letter[child] ?? 0, numbers[child] ?? 0)
      child = trie.sibling[child] ?? 0
    }
  }

  /** `own`: one more than the text that ends here, or 0. */
  #end(state: number, fail: number, own: number): void {
    const behind = this.#found[fail] ?? 0
    this.#found[state] = own === 0 ? behind : own
    if (behind !== 0) this.#shorter[state] = own === 0 ? (this.#shorter[fail] ?? 0) : fail
  }

  #lead(state: number, letter: number, next: number): void {
    if (state < this.#denseCount) {
      this.#dense[(state << this.#shift) + letter] = next
      return
    }
    this.#letter[state] = letter
    this.#next[state] = next
  }

  /** A row begins as that of the longest other prefix; of those that have none, ways on are put in. */
  #fillRow(state: number, fail: number): void {
    if (state === 0) return
    const ways: number[] = []
    let from = fail
    while (from >= this.#denseCount) {
      if (this.#next[from] !== 0) ways.push(from)
      from = this.#fail[from] ?? 0
    }
    const row = state << this.#shift
    this.#dense.copyWithin(row, from << this.#shift, (from + 1) << this.#shift)
    for (const way of ways.toReversed())
      this.#dense[row + (this.#letter[way] ?? 0)] = this.#next[way] ?? 0
  }
}

function smeared(first: number, second: number, third: number): number {
  return ((first << 11) ^ (second << 5) ^ third) & ((1 << smearBits) - 1)
}

/** For each three letters at the end of a window, how far it may be moved without missing a text. */
function skipsOf(texts: readonly Uint8Array[], classes: ByteClasses, window: number): Uint8Array {
  const skips = new Uint8Array(1 << smearBits).fill(window - 2)
  const { of } = classes
  for (const text of texts) {
    for (let end = 3; end <= window; end += 1) {
      const smear = smeared(
        of[text[end - 3] ?? 0] ?? 0,
        of[text[end - 2] ?? 0] ?? 0,
        of[text[end - 1] ?? 0] ?? 0,
      )
      skips[smear] = Math.min(skips[smear] ?? 0, window - end)
    }
  }
  return skips
}

/** Dense states come first: those near the root, where streams nearly always are, and all in which texts part. */
function numbered(trie: Trie): { readonly of: Int32Array; readonly dense: number } {
  const of = new Int32Array(trie.size)
  let dense = 0
  for (const node of trie.order) {
    if (!isDense(trie, node)) continue
    of[node] = dense
    dense += 1
  }
  let next = dense
  for (const node of trie.order) {
    if (isDense(trie, node)) continue
    of[node] = next
    next += 1
  }
  return { of, dense }
}

function isDense(trie: Trie, node: number): boolean {
  if ((trie.depth[node] ?? 0) < 3) return true
  const child = trie.firstChild[node] ?? 0
  return child !== 0 && trie.sibling[child] !== 0
}
