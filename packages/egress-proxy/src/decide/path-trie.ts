import type { PathTemplate } from './path-template.ts'

/** What can be found: the lower, the earlier it stands in the policy. */
export interface Ranked {
  readonly rank: number
}

/** A place in the trie of templates. Entries are in order of rank. */
export interface PathNode<E> {
  readonly literals: Map<string, PathNode<E>>
  star: PathNode<E> | null
  /** Templates that end here. */
  readonly ends: E[]
  /** Templates that end here in `**`. */
  readonly rests: E[]
}

export function pathNode<E>(): PathNode<E> {
  return { literals: new Map(), star: null, ends: [], rests: [] }
}

/** Whether nothing was planted. */
export function isBare({ literals, star, ends, rests }: PathNode<unknown>): boolean {
  return literals.size === 0 && star === null && ends.length === 0 && rests.length === 0
}

/** The child for one segment of a template, made if it is not there. */
function child<E>(node: PathNode<E>, segment: string): PathNode<E> {
  if (segment === '*') return (node.star ??= pathNode())
  const known = node.literals.get(segment)
  if (known !== undefined) return known
  const made = pathNode<E>()
  node.literals.set(segment, made)
  return made
}

/** Adds an entry; only while a policy is compiled. */
export function plant<E>(root: PathNode<E>, template: PathTemplate, entry: E): void {
  let node = root
  for (const segment of template.segments) node = child(node, segment)
  if (template.open) node.rests.push(entry)
  else node.ends.push(entry)
}

/** Looks for the entry of the lowest rank that a test accepts. */
export class Search<E extends Ranked> {
  best: E | null = null
  readonly #accepts: (entry: E) => boolean

  constructor(accepts: (entry: E) => boolean) {
    this.#accepts = accepts
  }

  /** Looks through entries in order of rank. */
  offer(entries: readonly E[]): void {
    for (const entry of entries) {
      if (this.best !== null && entry.rank >= this.best.rank) return
      if (this.#accepts(entry)) {
        this.best = entry
        return
      }
    }
  }

  /** Looks through all entries whose template matches a canonical path. */
  offerPath(root: PathNode<E>, path: string): void {
    if (path.startsWith('/')) this.#walk({ node: root, path }, 1)
  }

  #walk(at: { readonly node: PathNode<E>; readonly path: string }, from: number): void {
    const { node, path } = at
    this.offer(node.rests)
    if (from > path.length) {
      this.offer(node.ends)
      return
    }
    const slash = path.indexOf('/', from)
    const end = slash === -1 ? path.length : slash
    const literal = node.literals.get(path.slice(from, end))
    if (literal !== undefined) this.#walk({ node: literal, path }, end + 1)
    if (node.star !== null && end > from) this.#walk({ node: node.star, path }, end + 1)
  }
}
