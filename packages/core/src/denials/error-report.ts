import { isSteering } from './name-path.ts'

/** The errnos by which a sandbox's refusals show. */
export type ReportedErrno = 'ENOENT' | 'EACCES' | 'EPERM' | 'EROFS' | 'EBUSY'

/** A line in which a command reports that something about a path failed. */
export interface ErrorReport {
  readonly errno: ReportedErrno
  /** Texts of the line that may be the path, the likeliest first. */
  readonly candidates: readonly string[]
  /** Whether the line speaks of creating, changing or removing. */
  readonly isWrite: boolean
}

/** What strerror(3) of glibc, musl, Go and Node say, in lower case. dash shortens ENOENT. */
const phrases: readonly (readonly [string, ReportedErrno])[] = [
  ['no such file or directory', 'ENOENT'],
  ['no such file', 'ENOENT'],
  ['directory nonexistent', 'ENOENT'],
  ['permission denied', 'EACCES'],
  ['operation not permitted', 'EPERM'],
  ['read-only file system', 'EROFS'],
  ['device or resource busy', 'EBUSY'],
  ['resource busy or locked', 'EBUSY'],
]

const writing =
  /\b(?:create|creating|remove|touch|move|rename|mkdir|rmdir|unlink|write|writing|lock|delete|symlink|chmod|truncate)\b/i

/**
 * Paths in quotation marks, typographic ones (GNU) and backticks included. No part may run over its own
 * opening mark: a line of such marks would be read to its end from each of them.
 */
const quoted = /'([^']+)'|"([^"]+)"|‘([^‘’]+)’|`([^`']+)[`']/g

const longestLine = 8192
const mostCandidates = 6

function phraseIn(line: string): { errno: ReportedErrno; at: number } | undefined {
  const text = line.toLowerCase()
  for (const [phrase, errno] of phrases) {
    const at = text.indexOf(phrase)
    if (at >= 0) return { errno, at }
  }
  return undefined
}

function quotedTexts(line: string): string[] {
  return [...line.matchAll(quoted)].map(
    (match) => match.slice(1).find((one) => one !== undefined) ?? '',
  )
}

/** `cannot create x`, `failed to open file x`: what programs put before the path without quoting it. */
const attempt =
  /^(?:cannot|can't|can not|could not|couldn't|failed to|unable to)\s+[a-z]+\s+(?:(?:[a-z]+\s+)?(?:file|directory|folder)\s+)?/i

/** A text without the blanks, colons and brackets at its end. A pattern would try again at each of them. */
function withoutTail(text: string): string {
  let end = text.length
  while (end > 0 && /[\s:(]/.test(text.charAt(end - 1))) end -= 1
  return text.slice(0, end)
}

/** `cat: /a b: No such …` and `open /x: no such …` and `/x (No such …`: what stands before the phrase. */
function textsBefore(line: string, at: number): string[] {
  const before = withoutTail(line.slice(0, at))
  const part = before.slice(before.lastIndexOf(': ') + 1).trim()
  return [part.replace(attempt, ''), part, part.slice(part.lastIndexOf(' ') + 1)]
}

/** Reads one line as a report, if it is one. */
export function readReport(line: string): ErrorReport | undefined {
  if (line.length > longestLine) return undefined
  const phrase = phraseIn(line)
  if (phrase === undefined) return undefined
  const texts = [...quotedTexts(line), ...textsBefore(line, phrase.at)]
  const candidates = [...new Set(texts)].filter((one) => one !== '' && !isSteering(one))
  if (candidates.length === 0) return undefined
  const isWrite = phrase.errno === 'EROFS' || phrase.errno === 'EBUSY' || writing.test(line)
  return { errno: phrase.errno, candidates: candidates.slice(0, mostCandidates), isWrite }
}
