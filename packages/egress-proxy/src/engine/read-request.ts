import type { ReasonCode } from '../decide/reason.ts'
import type { Door, HttpRequest } from '../decide/request.ts'
import type { Destination } from '../dial/dial.ts'
import type { Field, IncomingHead } from '../http-message.ts'
import { findCarriers } from '../identity/find-carriers.ts'
import { tenantHeaders } from '../identity/tenant-headers.ts'
import { parseAuthority } from '../names/authority.ts'
import { canonicalTarget } from '../names/canonical-target.ts'
import type { Refusal } from '../refusal.ts'
import { secondMeaning } from './second-meaning.ts'
import { handshakeFault } from '../websocket/handshake.ts'
import type { Asked } from './client.ts'

/** What the requests of one connection are for. */
export interface Channel {
  readonly door: Door
  readonly scheme: 'https' | 'http'
  /** The one host and port that the connection is for; `null` at the proxy door, where each request says. */
  readonly destination: Destination | null
  /** Whether the paths of a host are judged: then what servers read differently is refused. */
  judgesPaths(host: string): boolean
  /** Whether an escaped slash may stand in them there all the same. Default: nowhere. */
  spellsSlashes?(host: string): boolean
}

/** A request in canonical form, and what it is sent as. */
export interface ReadRequest {
  readonly request: HttpRequest
  /** Origin form: what was judged, and nothing else. */
  readonly target: string
}

/** A request that has no canonical form, or is not for where its connection leads. */
export interface Unread {
  readonly asked: Asked
  readonly refusal: Refusal
}

/** Reads what was asked for. Pure; every door comes through here. */
export function readRequest(head: IncomingHead, channel: Channel): ReadRequest | Unread {
  const place = placeOf(head, channel)
  if ('refusal' in place) return place
  const { host, port } = place.destination
  const strict = channel.judgesPaths(host)
  const escapedSlash = strict && channel.spellsSlashes?.(host) === true
  const read = canonicalTarget(place.target, { strict, escapedSlash })
  const { method } = head
  const at = { door: channel.door, host, port, method }
  if ('fault' in read) {
    const isLoose = strict && !('fault' in canonicalTarget(place.target, { strict: false }))
    return {
      // As it was written: without it nobody knows which request was meant.
      asked: { ...at, path: place.target.split('?', 1)[0]?.slice(0, longestTold) ?? null },
      refusal: refusalOf('bad_path', read.fault, isLoose ? withoutPaths(host) : plainForm),
    }
  }
  const fault =
    secondMeaning({ method, headers: head.headers, query: read.query }, strict) ??
    (head.upgrade === null ? null : handshakeFault(head.headers))
  if (fault !== null) return unreadAt(at, refusalOf('bad_request', fault))
  const headers = outgoingFields(head.headers)
  return {
    target: read.target,
    request: {
      kind: 'http',
      door: channel.door,
      host,
      port,
      scheme: channel.scheme,
      method,
      path: read.path,
      query: read.query,
      headers,
      websocket: head.upgrade === 'websocket',
      carriers: findCarriers({ path: read.path, query: read.query, headers }),
      body: null,
    },
  }
}

const longestTold = 1024

interface Place {
  readonly destination: Destination
  /** Path and query as they were written. */
  readonly target: string
}

function placeOf(head: IncomingHead, channel: Channel): Place | Unread {
  const { destination } = channel
  if (destination === null) return absolute(head, channel)
  const unread = (code: ReasonCode, reason: string): Unread =>
    unreadAt({ ...destination, door: channel.door, method: head.method }, refusalOf(code, reason))
  if (head.scheme !== null && head.scheme !== channel.scheme)
    return unread('bad_request', 'the scheme is not that of the connection')
  if (head.authority === null) return unread('bad_request', 'the request names no host')
  const named = parseAuthority(head.authority, usualPort(channel.scheme))
  if ('fault' in named) return unread('bad_name', named.fault)
  if (named.host !== destination.host || named.port !== destination.port)
    return unread('authority_mismatch', 'the request is for another host than its connection')
  return { destination, target: head.target }
}

const scheme = 'http://'

/** `GET http://host/path`, RFC 9112, 3.2.2: `Host` has to say the same. */
function absolute(head: IncomingHead, { door }: Channel): Place | Unread {
  const { target, method } = head
  const nowhere = { host: '', port: null, door, method }
  if (target.slice(0, scheme.length).toLowerCase() !== scheme)
    return unreadAt(
      nowhere,
      refusalOf('bad_request', 'the target is not http://...; for https use CONNECT'),
    )
  const rest = target.slice(scheme.length)
  const slash = rest.search(/[/?]/)
  const written = slash === -1 ? rest : rest.slice(0, slash)
  const named = parseAuthority(written, 80)
  if ('fault' in named) return unreadAt(nowhere, refusalOf('bad_name', named.fault))
  const { host, port } = named
  const said = head.authority === null ? named : parseAuthority(head.authority, 80)
  if ('fault' in said || said.host !== host || said.port !== port)
    return unreadAt(
      { host, port, door, method },
      refusalOf('authority_mismatch', 'Host is not the host of the target'),
    )
  const path = slash === -1 ? '/' : rest.slice(slash)
  return { destination: { host, port }, target: path.startsWith('?') ? `/${path}` : path }
}

const plainForm = 'write the request in its plain form'

/** Some clients have no other form: npm asks for `@scope%2fname`. */
function withoutPaths(host: string): string {
  return `${plainForm}, or ask the owner of the sandbox to allow ${host} by rules without paths`
}

function unreadAt(asked: Omit<Asked, 'path'>, refusal: Refusal): Unread {
  const { door, host, port, method } = asked
  return { asked: { door, host, port, method, path: null }, refusal }
}

function refusalOf(code: ReasonCode, reason: string, remedy: string = plainForm): Refusal {
  return { code, rule: null, reason, remedy }
}

function usualPort(scheme: 'https' | 'http'): number {
  return scheme === 'https' ? 443 : 80
}

/**
 * Fields that end at the proxy, or that the sender writes anew, and those by which the next hop may take
 * the request for one to another host than was judged.
 */
const dropped = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'expect',
  'forwarded',
  'x-forwarded-host',
  'x-forwarded-server',
  'x-host',
  'x-http-host-override',
  'x-original-host',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'upgrade',
])

/** The fields of a request as they are judged, and as they go on; whose tenant it is says the proxy alone. */
function outgoingFields(headers: readonly Field[]): readonly Field[] {
  return headers.filter(([name]) => !dropped.has(name) && !tenantHeaders.has(name))
}

/**
 * Fields of an answer that would lead around the proxy (another protocol, another authority), or that
 * only the proxy may say.
 */
const unwanted = new Set([
  'alt-svc',
  'alt-used',
  'caisson-refusal',
  'proxy-authenticate',
  'proxy-authentication-info',
])

/** The fields of an answer as they go on. */
export function incomingFields(headers: readonly Field[]): readonly Field[] {
  return headers.some(([name]) => unwanted.has(name))
    ? headers.filter(([name]) => !unwanted.has(name))
    : headers
}
