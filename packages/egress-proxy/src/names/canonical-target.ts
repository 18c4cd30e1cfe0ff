import { isUtf8 } from 'node:buffer'

/** A request target in origin form, as it is judged and as it is sent. */
export interface CanonicalTarget {
  /** Without query. Starts with `/`. */
  readonly path: string
  /** Decoded, in order, `+` as a space; pieces without `=` have an empty value, empty pieces are left out. */
  readonly query: readonly (readonly [key: string, value: string])[]
  /** Path and query as they go upstream. */
  readonly target: string
}

/** Why a target is refused, in words of our own: none of its bytes are in them. */
export interface TargetFault {
  readonly fault: string
}

/** How much is refused. */
export interface TargetOptions {
  /**
   * For hosts whose paths are judged: an escaped slash, `;` and empty segments are refused too, since
   * servers disagree on what they mean. Otherwise they stay as they are.
   */
  readonly strict: boolean
  /**
   * With `strict`: whether an escaped slash is taken all the same, with something on both sides of it in
   * its segment, since rules spell one. Default `false`.
   */
  readonly escapedSlash?: boolean | undefined
}

const longestTarget = 8192

/** Neither escapes, nor anything that is rewritten or refused, nor a dot or slash that needs a look. */
const plainPath = /^(?:\/[A-Za-z0-9_~!$&'()*+,=:@-][A-Za-z0-9._~!$&'()*+,=:@-]*)+$/
const plainQuery = /^[A-Za-z0-9._~!$&'()*,;=:@/?-]*$/
/** RFC 3986, 2.3 */
const unreserved = /^[A-Za-z0-9._~-]$/
/** An escape, or what RFC 3986, 3.3 and 3.4 let stand unescaped neither in a path nor in a query. */
const rewritable = /%([0-9a-fA-F]{2})|[^%A-Za-z0-9._~!$&'()*+,;=:@/?-]/g

/**
 * The canonical form of a target. Escapes of unreserved characters are decoded, once; those that remain
 * are upper-case. Printable characters that RFC 3986 does not let stand in a target although clients send
 * them (`"` `<` `>` `[` `]` `^` backtick `{` `|` `}`, and `\` in a query) are escaped, which changes
 * their meaning for nobody. Everything that two readers could read differently is refused: dot segments in
 * every disguise, backslashes, control bytes and NUL, escaped or not (in a query, escaped ones but NUL
 * pass), bytes above 127, fragments, escapes of escapes in the path, broken escapes, and escapes that are
 * no UTF-8. Canonical once is canonical for ever: applied to its own result, this changes nothing.
 */
export function canonicalTarget(
  raw: string,
  options: TargetOptions,
): CanonicalTarget | TargetFault {
  if (raw.length > longestTarget) return { fault: 'the target is longer than 8192 characters' }
  if (!raw.startsWith('/')) return { fault: 'the target does not start with a slash' }
  const mark = raw.indexOf('?')
  const path = canonicalPath(mark === -1 ? raw : raw.slice(0, mark), options)
  if (typeof path !== 'string') return path
  if (mark === -1) return ended({ path, query: [], target: path })
  const text = canonicalQuery(raw.slice(mark + 1))
  if (typeof text !== 'string') return text
  const query = pairsOf(text)
  if ('fault' in query) return query
  return ended({ path, query: query.pairs, target: `${path}?${text}` })
}

/** Escaping lengthens, so the bound is held to the result too. */
function ended(target: CanonicalTarget): CanonicalTarget | TargetFault {
  if (target.target.length <= longestTarget) return target
  return { fault: 'the target is longer than 8192 characters' }
}

function canonicalPath(raw: string, options: TargetOptions): string | TargetFault {
  if (raw === '/' || plainPath.test(raw)) return raw
  if (raw.includes('\\')) return { fault: 'the path holds a backslash' }
  const path = rewritten(raw)
  if (typeof path !== 'string') return path
  const fault = disguiseFault(path) ?? (options.strict ? looseFault(path, options) : null)
  if (fault !== null) return { fault }
  return !path.includes('%') || isUtf8(bytesOf(path)) ? path : { fault: 'the path is no UTF-8' }
}

function canonicalQuery(raw: string): string | TargetFault {
  if (plainQuery.test(raw)) return raw
  const query = rewritten(raw)
  if (typeof query !== 'string') return query
  return query.includes('%00') ? { fault: 'the query holds a NUL' } : query
}

function rewritten(raw: string): string | TargetFault {
  if (/[^!-~]|#/.test(raw)) return { fault: 'the target holds a character that must be escaped' }
  if (/%(?![0-9a-fA-F]{2})/.test(raw)) return { fault: 'the target holds a broken escape' }
  return raw.replaceAll(rewritable, (all, digits: string | undefined) =>
    digits === undefined ? escaped(all.charCodeAt(0)) : decodedOnce(digits),
  )
}

function decodedOnce(digits: string): string {
  const code = Number.parseInt(digits, 16)
  const character = String.fromCharCode(code)
  return unreserved.test(character) ? character : escaped(code)
}

function escaped(code: number): string {
  return `%${code < 16 ? '0' : ''}${code.toString(16).toUpperCase()}`
}

/** What could be read as another path by some server, on every host. Looks at the rewritten path. */
function disguiseFault(path: string): string | null {
  if (/%(?:[01][0-9A-F]|7F)/.test(path)) return 'the path holds an escaped control character'
  if (path.includes('%5C')) return 'the path holds an escaped backslash'
  if (/%25[0-9a-fA-F]{2}/.test(path)) return 'the path holds an escaped escape'
  // Some servers take an escaped slash for a slash, and some cut a segment at a semicolon before they look.
  if (/(?:\/|%2F)\.{1,2}(?:$|\/|;|%2F|%3B)/.test(path)) return 'the path holds a dot segment'
  return null
}

function looseFault(path: string, { escapedSlash }: TargetOptions): string | null {
  if (path.includes('%2F')) {
    if (escapedSlash !== true) return 'the path holds an escaped slash'
    if (/(?:\/|%2F)%2F|%2F(?:$|\/)/.test(path)) return 'the path holds a bare escaped slash'
  }
  if (path.includes(';')) return 'the path holds a semicolon'
  if (path.includes('//')) return 'the path holds an empty segment'
  // What decodes before it passes a path on, or drops blanks at the end of a name, makes a dot segment of it.
  if (/(?:\/|%2F)\.\.%(?:20|23|3F)/.test(path)) return 'the path holds a dot segment'
  return null
}

/** The bytes that a canonical text stands for. */
function bytesOf(text: string): Buffer {
  const decoded = text.replaceAll(/%([0-9A-F]{2})/g, (_all, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
  return Buffer.from(decoded, 'latin1')
}

function pairsOf(
  query: string,
): { readonly pairs: readonly (readonly [string, string])[] } | TargetFault {
  const pairs: [string, string][] = []
  for (const piece of query.split('&')) {
    if (piece === '') continue
    const equals = piece.indexOf('=')
    const key = formDecoded(equals === -1 ? piece : piece.slice(0, equals))
    const value = equals === -1 ? '' : formDecoded(piece.slice(equals + 1))
    if (key === null || value === null) return { fault: 'the query is no UTF-8' }
    pairs.push([key, value])
  }
  return { pairs }
}

function formDecoded(text: string): string | null {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  const bytes = bytesOf(spaced)
  return isUtf8(bytes) ? bytes.toString('utf8') : null
}
