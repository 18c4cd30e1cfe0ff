/** A place in the trie of names, read from the right. */
interface LabelNode<T> {
  readonly children: Map<string, LabelNode<T>>
  /** What a `*.` in front of this name leads to. */
  wild: T | null
}

/**
 * Things by host pattern. A name is looked up in one step, the wildcards above it in one step a label;
 * `*.a.test` covers every name below `a.test` at any depth, and not `a.test`.
 */
export class HostIndex<T> {
  readonly #exact = new Map<string, T>()
  readonly #root: LabelNode<T> = { children: new Map(), wild: null }
  readonly #make: () => T

  constructor(make: () => T) {
    this.#make = make
  }

  /** What stands at exactly this pattern, made if it is not there; only while a policy is compiled. */
  at(pattern: string): T {
    if (pattern.startsWith('*.')) return (this.#node(pattern.slice(2)).wild ??= this.#make())
    const known = this.#exact.get(pattern)
    if (known !== undefined) return known
    const made = this.#make()
    this.#exact.set(pattern, made)
    return made
  }

  #node(name: string): LabelNode<T> {
    let node = this.#root
    for (const label of name.split('.').toReversed()) {
      let next = node.children.get(label)
      if (next === undefined) {
        next = { children: new Map(), wild: null }
        node.children.set(label, next)
      }
      node = next
    }
    return node
  }

  /** Everything whose pattern covers a canonical name. */
  find(host: string): readonly T[] {
    const found: T[] = []
    const exact = this.#exact.get(host)
    if (exact !== undefined) found.push(exact)
    let node = this.#root
    let end = host.length
    // The leftmost label is never looked up: a wildcard needs one label more than its base.
    for (;;) {
      const dot = host.lastIndexOf('.', end - 1)
      if (dot <= 0) return found
      const next = node.children.get(host.slice(dot + 1, end))
      if (next === undefined) return found
      if (next.wild !== null) found.push(next.wild)
      node = next
      end = dot
    }
  }
}
