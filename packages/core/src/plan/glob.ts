/** A glob of the policy, split at `/`. */
export interface Glob {
  /** Whether it began with `/`, and so names a place inside rather than one in each mount. */
  readonly absolute: boolean
  readonly components: readonly string[]
}

/** Longest text of a glob, in UTF-16 units. */
const maxGlobLength = 1024
const maxComponents = 64
/** Longest name of a file (NAME_MAX in limits.h). */
const maxNameBytes = 255
const maxDoubleStars = 8

/** Says what is wrong with one component, or nothing. */
function componentFault(component: string): string | undefined {
  if (component === '') return 'has an empty component; write single slashes and none at the end'
  if (component === '.' || component === '..') return `may not contain \`${component}\``
  if (component !== '**' && component.includes('**'))
    return '`**` must be a whole component, as in `**/name`'
  if (Buffer.byteLength(component) > maxNameBytes)
    return `has a component longer than ${maxNameBytes} bytes`
  const unsupported = /[[\]{}\\!]/.exec(component)
  if (unsupported !== null)
    return `\`${unsupported[0]}\` is not supported; only \`*\`, \`?\` and \`**\` are special`
  return undefined
}

/**
 * Says what is wrong with a glob, or nothing. Globs know `*` (any run of bytes in one component),
 * `?` (one byte) and the whole component `**` (any number of folders, also none).
 */
export function globFault(text: string): string | undefined {
  if (text === '' || text === '/') return 'must name something'
  if (text.length > maxGlobLength) return `is longer than ${maxGlobLength} characters`
  if (text.includes('\0')) return 'may not contain NUL'
  if (text.startsWith('~')) return '`~` is not expanded; write the path as the sandbox sees it'
  const components = (text.startsWith('/') ? text.slice(1) : text).split('/')
  if (components.length > maxComponents) return `has more than ${maxComponents} components`
  if (components.filter((one) => one === '**').length > maxDoubleStars)
    return `has more than ${maxDoubleStars} \`**\``
  return components.map(componentFault).find((fault) => fault !== undefined)
}

/**
 * Splits a glob that {@link globFault} accepts. Neighbouring `**` become one, and a trailing `**` is
 * dropped: a rule covers what lies below what it matches.
 */
export function parseGlob(text: string): Glob {
  const absolute = text.startsWith('/')
  const components = (absolute ? text.slice(1) : text)
    .split('/')
    .filter((one, index, all) => one !== '**' || all[index - 1] !== '**')
  if (components.at(-1) === '**') components.pop()
  return { absolute, components }
}

/** Bytes as characters, so that `?` and `*` count what Linux counts. */
function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

/**
 * Whether one component of a path matches one component of a glob. Names are bytes, as on Linux; a
 * leading dot is nothing special; case counts.
 */
export function componentMatches(pattern: string, name: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === name
  const glob = bytesOf(pattern)
  const text = bytesOf(name)
  let at = 0
  let from = 0
  let star = -1
  let resume = 0
  while (at < text.length) {
    if (glob[from] === '*') {
      star = from
      resume = at
      from += 1
    } else if (from < glob.length && (glob[from] === '?' || glob[from] === text[at])) {
      from += 1
      at += 1
    } else if (star >= 0) {
      resume += 1
      at = resume
      from = star + 1
    } else return false
  }
  while (glob[from] === '*') from += 1
  return from === glob.length
}

/** Positions in the glob reachable without consuming a name: `**` may stand for no folder. */
function closure(glob: readonly string[], positions: Iterable<number>): Set<number> {
  const reached = new Set(positions)
  for (const position of reached) if (glob[position] === '**') reached.add(position + 1)
  return reached
}

/** Consumes one name. */
function step(glob: readonly string[], positions: Set<number>, name: string): Set<number> {
  const next: number[] = []
  for (const position of positions) {
    const component = glob[position]
    if (component === '**') next.push(position)
    else if (component !== undefined && componentMatches(component, name)) next.push(position + 1)
  }
  return closure(glob, next)
}

/**
 * The lengths of every leading part of `path` that the glob matches, `path` itself included, rising. A
 * rule covers what lies below what it matches, so this says whether, and from where.
 */
export function coveringLengths(
  glob: readonly string[],
  path: readonly string[],
): readonly number[] {
  const lengths: number[] = []
  let positions = closure(glob, [0])
  for (let length = 0; positions.size > 0; length += 1) {
    if (positions.has(glob.length)) lengths.push(length)
    const name = path[length]
    if (name === undefined) break
    positions = step(glob, positions, name)
  }
  return lengths
}

/** Whether a whole relative path matches a glob. */
export function globMatches(glob: readonly string[], path: readonly string[]): boolean {
  return coveringLengths(glob, path).includes(path.length)
}

/**
 * What is left of a glob below the folder `path`: every glob that, taken from there, matches what the
 * whole glob matches from above. `**\/.env` below `a` is `**\/.env`; `a/b` below `a` is `b`. A glob that
 * matches `path` itself leaves the empty glob.
 */
export function residuals(
  glob: readonly string[],
  path: readonly string[],
): readonly (readonly string[])[] {
  let positions = closure(glob, [0])
  for (const name of path) positions = step(glob, positions, name)
  // A position after `**` says no more than the `**` itself, unless the glob ends there.
  const starts = [...positions].filter(
    (position) =>
      position === glob.length || glob[position - 1] !== '**' || !positions.has(position - 1),
  )
  return starts.map((start) => glob.slice(start))
}
