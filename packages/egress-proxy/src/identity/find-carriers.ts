import type { Field } from '../http-message.ts'
import { plainHeaders } from '../decide/plain-headers.ts'
import {
  carrierEndings,
  carrierHeaders,
  type HeaderReading,
  otherKeys,
  otherwiseMeant,
  type PathShape,
  pathShapes,
  protocolPrefixes,
  protocolWords,
} from './carriers.ts'
import type { FoundCarrier } from './found-carrier.ts'
import { holdsKey, holdsScheme, isKeyLike } from './key-shapes.ts'
import {
  queryCarriers,
  queryEndings,
  queryJoined,
  queryMaybe,
  queryOtherwise,
} from './query-carriers.ts'

export { findBodyCarriers } from './find-body-carriers.ts'

/** What of a request is looked through: canonical, and what is going to be sent. */
export interface LookedThrough {
  readonly path: string
  readonly query: readonly (readonly [key: string, value: string])[]
  readonly headers: readonly Field[]
}

const none: readonly FoundCarrier[] = Object.freeze([])

/**
 * Everything in a request, but for its body, that says in whose name it comes. What is there and empty says
 * nothing. A found value may stand in several places of the list; allocates nothing when there is none.
 */
export function findCarriers({ path, query, headers }: LookedThrough): readonly FoundCarrier[] {
  const found = fromQuery(query, fromHeaders(headers))
  if (!mayHoldKey(path)) return found ?? none
  const all = found ?? []
  readPath(path, all)
  return all
}

/** What was found, if anything: most requests hold nothing, and cost no list. */
type Found = FoundCarrier[] | null

function fromHeaders(headers: readonly Field[]): Found {
  let found: Found = null
  for (const field of headers) {
    const [name, value] = field
    const reading = readingOf(name)
    if (reading === 'plain' ? isPlain(value) : value === '') continue
    if (reading === 'key' && !isKeyLike(value)) continue
    found ??= []
    readField(field, reading, found)
  }
  return found
}

function fromQuery(query: LookedThrough['query'], before: Found): Found {
  let found = before
  for (const [key, value] of query) {
    const isKeyAlone = value === '' && key.length >= shortestKey && holdsKey(key)
    if (!isKeyAlone && (value === '' || !isQueryCarrier(key, value))) continue
    found ??= []
    found.push({ where: 'query', name: key, value: isKeyAlone ? key : value })
  }
  return found
}

const shortestKey = 20

function isPlain(value: string): boolean {
  return !holdsScheme(value) && (value.length < shortestKey || !holdsKey(value))
}

/**
 * How a field is read by its name alone; `plain` where only its value can tell, `key` where it is a carrier if
 * its value could be a key.
 */
function readingOf(name: string): HeaderReading | 'plain' | 'key' {
  if (plainHeaders.has(name)) return 'plain'
  const meant = plainlyNamed(name)
  const known = carrierHeaders.get(meant)
  if (known !== undefined) return known
  if (isCarrierName(meant)) return 'whole'
  return meant.endsWith('-key') && !otherKeys.has(meant) ? 'key' : 'plain'
}

/** Names that are such an ending and nothing else. */
const bareEndings: ReadonlySet<string> = new Set(carrierEndings.map((ending) => ending.slice(1)))

/**
 * Many servers hand `x_api_key` on as they do `x-api-key` (RFC 3875, 4.1.18 knows no difference), and gRPC has
 * `x-api-key-bin` for the same in base64 ("gRPC over HTTP2", binary headers).
 */
function plainlyNamed(name: string): string {
  const hyphened = name.includes('_') ? name.replaceAll('_', '-') : name
  return hyphened.endsWith('-bin') ? hyphened.slice(0, -4) : hyphened
}

/** Whether a field is a carrier by its name. @param name In lower case. */
export function isCarrierName(name: string): boolean {
  const meant = plainlyNamed(name)
  if (carrierHeaders.has(meant)) return true
  if (bareEndings.has(meant)) return true
  for (const ending of carrierEndings) if (meant.endsWith(ending)) return !otherwiseMeant.has(meant)
  return false
}

function readField(
  [name, value]: Field,
  reading: HeaderReading | 'plain' | 'key',
  into: FoundCarrier[],
): void {
  if (reading === 'plain') into.push({ where: 'shape', name, value })
  else if (reading === 'cookies') readCookies(value, into)
  else if (reading === 'protocols') readProtocols(value, into)
  else if (trimmed(value) !== '') into.push({ where: 'header', name, value: trimmed(value) })
}

/** Without the blanks and tabs around it, which a field's value does not have (RFC 9110, 5.5). */
export function trimmed(value: string): string {
  return value.trim()
}

function readCookies(value: string, into: FoundCarrier[]): void {
  for (const part of value.split(';')) {
    const cookie = trimmed(part)
    if (cookie === '') continue
    const equals = cookie.indexOf('=')
    const name = equals === -1 ? '' : trimmed(cookie.slice(0, equals))
    into.push({ where: 'cookie', name, value: trimmed(cookie.slice(equals + 1)) })
  }
}

/** No sub-protocol of the registry is as long; nobody needs one that is, but to hide something in it. */
const longestProtocol = 40

function readProtocols(value: string, into: FoundCarrier[]): void {
  const tokens = value.split(',').map(trimmed)
  // `token, <key>`: what stands beside such a word is what it announces.
  const isAnnounced = tokens.some((token) => protocolWords.has(token.toLowerCase()))
  for (const token of tokens) {
    if (token === '' || !(isAnnounced || isProtocolCarrier(token))) continue
    into.push({ where: 'protocol', name: 'sec-websocket-protocol', value: token })
  }
}

function isProtocolCarrier(token: string): boolean {
  const lower = token.toLowerCase()
  return (
    token.length > longestProtocol ||
    // Names of protocols that are long have dots in them.
    (isKeyLike(token) && !token.includes('.')) ||
    holdsKey(token) ||
    protocolPrefixes.some((prefix) => lower.startsWith(prefix))
  )
}

function isQueryCarrier(key: string, value: string): boolean {
  const lower = key.toLowerCase()
  if (queryCarriers.has(lower) || isQueryName(lower, value)) return true
  if (value.includes(';') && holdsPair(value)) return true
  return holdsScheme(value) || holdsKey(value) || (key.length >= shortestKey && holdsKey(key))
}

/** Some servers still part a query at semicolons (HTML 4.01, B.2.2). */
function holdsPair(value: string): boolean {
  const [, ...pieces] = value.split(';')
  return pieces.some((piece) => {
    const equals = piece.indexOf('=')
    if (equals < 3 || equals === piece.length - 1) return false
    return isQueryName(piece.slice(0, equals).toLowerCase(), piece.slice(equals + 1))
  })
}

/**
 * Whether a key of a query names a carrier in one of the ways that servers read it: with `$` in front, with
 * brackets behind, with blanks, dots, hyphens or nothing for `_`, or as a header of that name.
 */
function isQueryName(lower: string, value: string): boolean {
  const isPlainName = /^[a-z0-9]*$/.test(lower)
  const bare = isPlainName ? lower : (/^[\s$]*([^[\]]*)/.exec(lower)?.[1] ?? lower)
  const joined = isPlainName ? lower : bare.replaceAll(/[\s._-]/g, '')
  if (queryJoined.has(joined) || carrierHeaders.has(plainlyNamed(bare))) return true
  if (!isKeyLike(value)) return false
  return queryMaybe.has(bare) || (queryEndings.test(joined) && !queryOtherwise.test(joined))
}

/** Whether there is anything to look at more closely: most paths are done with here. */
function mayHoldKey(path: string): boolean {
  if (path.length < 6) return false
  return hints.test(path) || holdsKey(path)
}

const hints: RegExp = new RegExp(
  `${pathShapes.map(({ hint }) => hint).join('|')}|;jsessionid=`,
  'i',
)

function readPath(path: string, into: FoundCarrier[]): void {
  const segments = path.slice(1).split('/')
  const lower = path.toLowerCase()
  const shapes = pathShapes.filter(({ hint }) => lower.includes(hint))
  for (const [at, segment] of segments.entries()) {
    const isShaped = shapes.some((shape) => endsAt(shape, segments, at))
    if (isShaped || holdsKey(segment) || /;jsessionid=./i.test(segment))
      into.push({ where: 'path', name: String(at), value: unescaped(segment) })
  }
}

function endsAt({ segments: wanted }: PathShape, segments: readonly string[], at: number): boolean {
  const from = at - wanted.length + 1
  if (from < 0) return false
  return wanted.every((expression, place) => expression.test(segments[from + place] ?? ''))
}

/** A segment of a canonical path as it is meant. */
export function unescaped(segment: string): string {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    // No canonical path comes here; as it is written it fits nothing that is expected.
    return segment
  }
}
