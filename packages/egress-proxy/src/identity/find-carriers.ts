import type { Field } from '../http-message.ts'
import { plainHeaders } from '../decide/plain-headers.ts'
import {
  carrierEndings,
  carrierHeaders,
  type HeaderReading,
  otherwiseMeant,
  type PathShape,
  pathShapes,
  protocolPrefixes,
  queryCarriers,
  queryMaybe,
} from './carriers.ts'
import type { FoundCarrier } from './found-carrier.ts'
import { holdsKey, holdsScheme, isKeyLike } from './key-shapes.ts'

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
    const reading = readingOf(field[0])
    if (reading === 'plain' ? isPlain(field[1]) : field[1] === '') continue
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

/** How a field is read by its name alone; `plain` where only its value can tell. */
function readingOf(name: string): HeaderReading | 'plain' {
  if (plainHeaders.has(name)) return 'plain'
  return carrierHeaders.get(name) ?? (isCarrierName(name) ? 'whole' : 'plain')
}

/** Whether a field is a carrier by its name. @param name In lower case. */
export function isCarrierName(name: string): boolean {
  if (carrierHeaders.has(name)) return true
  for (const ending of carrierEndings) if (name.endsWith(ending)) return !otherwiseMeant.has(name)
  return false
}

function readField(
  [name, value]: Field,
  reading: HeaderReading | 'plain',
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
  for (const part of value.split(',')) {
    const token = trimmed(part)
    const lower = token.toLowerCase()
    const isCarrier =
      token.length > longestProtocol ||
      holdsKey(token) ||
      protocolPrefixes.some((prefix) => lower.startsWith(prefix))
    if (isCarrier) into.push({ where: 'protocol', name: 'sec-websocket-protocol', value: token })
  }
}

function isQueryCarrier(key: string, value: string): boolean {
  const lower = key.toLowerCase()
  if (queryCarriers.has(lower)) return true
  if (queryMaybe.has(lower) && isKeyLike(value)) return true
  return holdsScheme(value) || holdsKey(value) || (key.length >= shortestKey && holdsKey(key))
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
