/** A path template of a rule, taken apart. */
export interface PathTemplate {
  /** As written in the policy. */
  readonly text: string
  /**
   * Literals, and `*` for one segment that is not empty. The part behind a final `/` is an empty literal. A
   * segment with escaped slashes is several of these, and those behind one begin with it: `a`, `%2F*`.
   */
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
/** Escapes that a canonical path never holds: control characters, `\`, and an escape of an escape. */
const ambiguous = /%(?:[01][0-9A-F]|7F|5C|25[0-9A-Fa-f]{2})/

const slash = '%2F'
/** Whole paths of files are sent as one segment by some clients: Octokit writes `contents/src%2Fa%2Fb.ts`. */
const mostEscaped = 8

/** What a segment holds on each side of an escaped slash; one part without. */
function sides(segment: string): readonly string[] {
  return segment.split(slash)
}

const faults: readonly SegmentFault[] = [
  {
    message: `may hold ${mostEscaped} escaped slashes in a segment at most, with something on both sides of each`,
    holds: (one) =>
      one.includes(slash) && (sides(one).length > mostEscaped + 1 || sides(one).includes('')),
  },
  {
    message: 'may not hold `.` or `..` segments',
    holds: (one) => sides(one).some((side) => side === '.' || side === '..'),
  },
  {
    message:
      'may hold `*` only as a whole segment, or on a side of an escaped slash, and `**` only as the last segment',
    holds: (one) => sides(one).some((side) => side !== '*' && side.includes('*')),
  },
  {
    message:
      'must be written as it is sent: other characters escaped as UTF-8 bytes, `%` and two digits in upper case',
    holds: (one) => sides(one).some((side) => side !== '*' && !plain.test(side)),
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
    message: 'may not escape `\\`, control characters or another escape',
    holds: (one) => ambiguous.test(one),
  },
]

/** Takes a template apart. Says nothing about whether it is well written. */
export function pathTemplate(text: string): PathTemplate {
  const written = text.slice(1).split('/')
  const open = written.at(-1) === '**'
  const segments = (open ? written.slice(0, -1) : written).flatMap((segment) =>
    sides(segment).map((side, at) => (at === 0 ? side : `${slash}${side}`)),
  )
  return { text, segments, open }
}

/** Says why a template could never match a canonical path, or `undefined`. */
export function templateFault(text: string): string | undefined {
  if (!text.startsWith('/')) return 'must begin with `/`'
  const written = text.slice(1).split('/')
  const open = written.at(-1) === '**'
  const segments = open ? written.slice(0, -1) : written
  const inner = open ? segments : segments.slice(0, -1)
  if (inner.includes('')) return 'may not hold empty segments'
  return faults.find((fault) => segments.some((one) => fault.holds(one)))?.message
}

const escapable = /[!$&'()*+,;=:@]/g

/** Every character escaped that may stand escaped or not. */
function fullyEscaped(path: string): string {
  return path.replace(
    escapable,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/**
 * A path as refusals compare it, so that no spelling gets past one: `/@me` and `/%40me` are two canonical
 * paths, and most servers take them for one, as some do with an escaped slash and a slash.
 */
export function deniedPath(path: string): string {
  const escaped = fullyEscaped(path)
  return escaped.includes(slash) ? escaped.replaceAll(slash, '/') : escaped
}

/** The template that matches every spelling, on paths in that form. */
export function deniedTemplate(template: PathTemplate): PathTemplate {
  const segments = template.segments.map((one) => {
    const side = one.startsWith(slash) ? one.slice(slash.length) : one
    return side === '*' ? side : fullyEscaped(side)
  })
  return { ...template, segments }
}
