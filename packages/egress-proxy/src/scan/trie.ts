/** Bytes by what they are to the patterns: letters alike in either case, and 0 for those in no pattern. */
export interface ByteClasses {
  readonly of: Uint8Array
  /** One more than the highest. */
  readonly count: number
}

/** What `byte` counts as: letters have no case. */
function folded(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte
}

/** Sorts bytes into classes, so that a row of the table has as many entries as the patterns have letters. */
export function byteClasses(texts: readonly Uint8Array[]): ByteClasses {
  const used = new Uint8Array(256)
  for (const text of texts) for (const byte of text) used[folded(byte)] = 1
  const of = new Uint8Array(256)
  let count = 1
  for (let byte = 0; byte < 256; byte += 1) {
    if (used[byte] !== 1) continue
    of[byte] = count
    count += 1
  }
  for (let byte = 0x41; byte <= 0x5a; byte += 1) of[byte] = of[byte + 0x20] ?? 0
  return { of, count }
}

/** The prefixes of all texts: node 0 is the empty one, children hang on a list. */
export class Trie {
  readonly firstChild: Int32Array
  readonly sibling: Int32Array
  readonly letter: Uint8Array
  readonly depth: Int32Array
  /** One more than the index of the text that ends here, or 0. */
  readonly terminal: Int32Array
  /** The longest other prefix that a node's text ends in. */
  readonly fail: Int32Array
  /** Nodes, shorter texts first. */
  readonly order: Int32Array
  size = 1

  constructor(texts: readonly Uint8Array[], classes: ByteClasses) {
    const most = texts.reduce((sum, text) => sum + text.length, 1)
    this.firstChild = new Int32Array(most)
    this.sibling = new Int32Array(most)
    this.letter = new Uint8Array(most)
    this.depth = new Int32Array(most)
    this.terminal = new Int32Array(most)
    this.fail = new Int32Array(most)
    texts.forEach((text, index) => this.#insert(text, index, classes.of))
    this.order = new Int32Array(this.size)
    this.#link()
  }

  /** The child by a letter, or 0: the root is nobody's child. */
  child(node: number, letter: number): number {
    let child = this.firstChild[node] ?? 0
    while (child !== 0 && this.letter[child] !== letter) child = this.sibling[child] ?? 0
    return child
  }

  #insert(text: Uint8Array, index: number, classOf: Uint8Array): void {
    let node = 0
    for (const byte of text) {
      const letter = classOf[byte] ?? 0
      let child = this.child(node, letter)
      if (child === 0) {
        child = this.size
        this.size += 1
        this.letter[child] = letter
        this.depth[child] = (this.depth[node] ?? 0) + 1
        this.sibling[child] = this.firstChild[node] ?? 0
        this.firstChild[node] = child
      }
      node = child
    }
    if (this.terminal[node] === 0) this.terminal[node] = index + 1
  }

  /** Breadth first, so that the failure of a parent is known before that of its children. */
  #link(): void {
    let filled = 1
    for (let taken = 0; taken < filled; taken += 1) {
      const node = this.order[taken] ?? 0
      for (let child = this.firstChild[node] ?? 0; child !== 0; child = this.sibling[child] ?? 0) {
        this.order[filled] = child
        filled += 1
        if (node !== 0) this.fail[child] = this.#failOf(node, this.letter[child] ?? 0)
      }
    }
  }

  #failOf(parent: number, letter: number): number {
    let node = parent
    while (node !== 0) {
      node = this.fail[node] ?? 0
      const next = this.child(node, letter)
      if (next !== 0) return next
    }
    return 0
  }
}
