/** A path template of a rule, taken apart. */
export interface PathTemplate {
  /** As written in the policy. */
  readonly text: string
  /** Literals, and `*` for one segment that is not empty. The part behind a final `/` is an empty literal. */
  readonly segments: readonly string[]
  /** Ends in `**`: whatever follows, or nothing. */
  readonly open: boolean
}

interface SegmentFault {
  readonly message: string
  holds(segment: string): boolean
}

/** pchar of RFC 3986, 3.3, without what only looks like a star. */
const plain = /^(?:[A-Za-z0-9\-._~!$&'()+,;=:@]|%[0-9A-F]{2})*$/
/** Escapes of characters that need none (RFC 3986, 2.3). */
const needless = /%(?:2D|2E|3[0-9]|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE])/
/** Escapes that a canonical path never holds: control characters, `/`, `\`, and an escape of an escape. */
const ambiguous = /%(?:[01][0-9A-F]|7F|2F|5C|25[0-9A-Fa-f]{2})/

const faults: readonly SegmentFault[] = [
  { message: 'may not hold `.` or `..` segments', holds: (one) => one === '.' || one === '..' },
  {
    message: 'may hold `*` only as a whole segment, and `**` only as the last',
    holds: (one) => one !== '*' && one.includes('*'),
  },
  {
    message:
      'must be written as it is sent: other characters escaped as UTF-8 bytes, `%` and two digits in upper case',
    holds: (one) => one !== '*' && !plain.test(one),
  },
  {
    message: 'may not hold `;`, which servers read in different ways',
    holds: (one) => one.includes(';'),
  },
  {
    message: 'may not escape letters, digits, `-`, `.`, `_` or `~`',
    holds: (one) => needless.test(one),
  },
  {
    message: 'may not escape `/`, `\\`, control characters or another escape',
    holds: (one) => ambiguous.test(one),
  },
]

/** Takes a template apart. Says nothing about whether it is well written. */
export function pathTemplate(text: string): PathTemplate {
  const segments = text.slice(1).split('/')
  const open = segments.at(-1) === '**'
  return { text, segments: open ? segments.slice(0, -1) : segments, open }
}

/** Says why a template could never match a canonical path, or `undefined`. */
export function templateFault(text: string): string | undefined {
  if (!text.startsWith('/')) return 'must begin with `/`'
  const { segments, open } = pathTemplate(text)
  const inner = open ? segments : segments.slice(0, -1)
  if (inner.includes('')) return 'may not hold empty segments'
  return faults.find((fault) => segments.some((one) => fault.holds(one)))?.message
}

const escapable = /[!$&'()*+,;=:@]/g

/**
 * A path or segment with every character escaped that may stand escaped or not: `/@me` and `/%40me` are two
 * canonical paths, and most servers take them for one. Refusals compare this form, so that neither
 * spelling gets past one.
 */
export function fullyEscaped(path: string): string {
  return path.replace(
    escapable,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** The template that matches both spellings of each literal, on paths in the same form. */
export function fullyEscapedTemplate(template: PathTemplate): PathTemplate {
  const segments = template.segments.map((one) => (one === '*' ? one : fullyEscaped(one)))
  return { ...template, segments }
}
