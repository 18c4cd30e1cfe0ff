import type { PathTemplate } from './path-template.ts'

const escapedSlash = '%2F'
const anyEscaped = `${escapedSlash}*`

/** What can be found: the lower, the earlier it stands in the policy. */
export interface Ranked {
  readonly rank: number
}

/** A place in the trie of templates. Entries are in order of rank. */
export interface PathNode<E> {
  readonly literals: Map<string, PathNode<E>>
  star: PathNode<E> | null
  /** What follows an escaped slash, whatever it is. Literals behind one have it in front. */
  escapedStar: PathNode<E> | null
  /** Templates that end here. */
  readonly ends: E[]
  /** Templates that end here in `**`. */
  readonly rests: E[]
}

export function pathNode<E>(): PathNode<E> {
  return { literals: new Map(), star: null, escapedStar: null, ends: [], rests: [] }
}

/** Whether nothing was planted. */
export function isBare(node: PathNode<unknown>): boolean {
  const { literals, star, escapedStar, ends, rests } = node
  const isLast = literals.size === 0 && star === null && escapedStar === null
  return isLast && ends.length === 0 && rests.length === 0
}

/** The child for one segment of a template, made if it is not there. */
function child<E>(node: PathNode<E>, segment: string): PathNode<E> {
  if (segment === '*') return (node.star ??= pathNode())
  if (segment === anyEscaped) return (node.escapedStar ??= pathNode())
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
    if (!path.startsWith('/')) return
    const escaped = path.includes(escapedSlash) ? path.lastIndexOf(escapedSlash) : -1
    this.#walk(root, { path, escaped }, 1)
  }

  /** @param from Where the next piece begins: behind a slash, or at an escaped one. */
  #walk(node: PathNode<E>, at: Walked, from: number): void {
    const { path, escaped } = at
    // What nobody spelled out is not meant: an escaped slash is no part of whatever follows.
    if (escaped < from) this.offer(node.rests)
    if (from > path.length) {
      this.offer(node.ends)
      return
    }
    const isEscaped = escaped >= from && path.startsWith(escapedSlash, from)
    const start = isEscaped ? from + escapedSlash.length : from
    const end = endOf(at, start)
    const literal = node.literals.get(path.slice(from, end))
    const next = path.startsWith(escapedSlash, end) ? end : end + 1
    if (literal !== undefined) this.#walk(literal, at, next)
    const star = isEscaped ? node.escapedStar : node.star
    if (star !== null && end > start) this.#walk(star, at, next)
  }
}

/** A path, and where in it the last escaped slash stands: -1 without any. */
interface Walked {
  readonly path: string
  readonly escaped: number
}

/** The end of a piece: a slash of either kind, or the end of the path. */
function endOf({ path, escaped }: Walked, from: number): number {
  const slash = path.indexOf('/', from)
  const end = slash === -1 ? path.length : slash
  if (escaped < from) return end
  const other = path.indexOf(escapedSlash, from)
  return other === -1 ? end : Math.min(end, other)
}
