interface Neighbour {
  readonly name: string
  /** The labels from the right, so that names of one owner stand together. */
  readonly key: string
}

function keyOf(name: string): string {
  return name.split('.').toReversed().join('.')
}

function shared(a: string, b: string | undefined): number {
  if (b === undefined) return -1
  let length = 0
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1
  return length
}

/** Names in order of their labels from the right, for suggestions: one look takes logarithmic time. */
export class NameNeighbours {
  readonly #sorted: readonly Neighbour[]

  constructor(names: readonly string[]) {
    this.#sorted = names
      .map((name) => ({ name, key: keyOf(name) }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  /** At most `count` names that begin most like this one, read by labels from the right. */
  nearest(host: string, count: number): readonly string[] {
    const key = keyOf(host)
    let after = this.#place(key)
    let before = after - 1
    const found: string[] = []
    while (found.length < count) {
      const [left, right] = [this.#sorted[before], this.#sorted[after]]
      if (left === undefined && right === undefined) break
      const isLeft = shared(key, left?.key) > shared(key, right?.key)
      const chosen = isLeft ? left : right
      if (isLeft) before -= 1
      else after += 1
      if (chosen !== undefined) found.push(chosen.name)
    }
    return found
  }

  #place(key: string): number {
    let [low, high] = [0, this.#sorted.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#sorted[middle]?.key ?? '') < key) low = middle + 1
      else high = middle
    }
    return low
  }
}
