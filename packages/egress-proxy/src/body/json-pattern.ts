/** What one part of a pattern finds. */
export type PatternPart =
  | { readonly kind: 'key'; readonly exact: string; readonly folded: string }
  /** `*`: any one key or index. */
  | { readonly kind: 'any' }
  /** `**`: any number of keys and indexes, or none. */
  | { readonly kind: 'deep' }

/** Keys that need no folding, which are nearly all. */
const folded = /^[a-z0-9$.:/@]*$/

/**
 * A key as the loosest reader sees it: many servers find a field whatever the case of its key, and with or
 * without `_` and `-` between words. What is refused under one spelling is so under each.
 */
export function foldKey(key: string): string {
  if (folded.test(key)) return key
  return key.toUpperCase().toLowerCase().replace(/[_-]/g, '')
}

function partOf(segment: string): PatternPart {
  if (segment === '*') return { kind: 'any' }
  if (segment === '**') return { kind: 'deep' }
  const exact = segment.replaceAll('~1', '/').replaceAll('~0', '~')
  return { kind: 'key', exact, folded: foldKey(exact) }
}

/** Why a pattern is none, or `undefined`. */
export function patternFault(pattern: string): string | undefined {
  if (pattern === '') return undefined
  if (!pattern.startsWith('/')) return 'a JSON pointer begins with `/`'
  const segments = pattern.slice(1).split('/')
  if (segments.some((one) => /~(?![01])/.test(one)))
    return '`~` is written as `~0`, and `/` as `~1`'
  const isTwice = segments.some((one, index) => one === '**' && segments[index - 1] === '**')
  return isTwice ? '`**` stands there twice in a row' : undefined
}

/** Takes a pattern apart that has no fault. */
export function readPattern(pattern: string): readonly PatternPart[] {
  return pattern === '' ? [] : pattern.slice(1).split('/').map(partOf)
}
