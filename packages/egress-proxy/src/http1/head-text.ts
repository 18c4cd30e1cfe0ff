import type { Field, OutgoingHead, ResponseHead } from '../http-message.ts'
import { authorityOctets, consistsOf, mayHold, methodOctets } from './octets.ts'
import { targetOctets, tokenOctets, valueOctets } from './octets.ts'

/** Fields that only a sender of this connection may write. */
const ownFields: ReadonlySet<string> = new Set(
  [
    'connection content-length host http2-settings keep-alive proxy-connection te trailer',
    'transfer-encoding upgrade',
  ].flatMap((names) => names.split(' ')),
)

/** How a body that is sent is delimited. `close`: by the end of the connection. */
export type OutboundFraming = 'none' | 'length' | 'chunked' | 'close'

/** What the sender says of the message beyond what it was given. */
export interface HeadFraming {
  readonly framing: OutboundFraming
  /** For `length`, and where a length is told without a body (HEAD). */
  readonly length: number | null
  readonly close: boolean
  readonly upgrade: boolean
  /** The trailers of the body are sent with it. */
  readonly trailers: boolean
}

/** The framing of a message that leaves the connection open. */
export function framingOf(
  framing: OutboundFraming,
  length: number | null,
  upgrade = false,
): HeadFraming {
  return { framing, length, close: false, upgrade, trailers: true }
}

/**
 * Field lines. Nothing that came so far was read by others only, so each is checked again: a line break
 * (or a character that becomes one in latin-1) would be another message.
 * @throws TypeError
 */
function fieldLines(fields: readonly Field[]): string {
  let lines = ''
  for (const [name, value] of fields) {
    if (ownFields.has(name)) continue
    if (!consistsOf(name, tokenOctets) || !mayHold(value, valueOctets)) {
      throw new TypeError('a header field holds what no field can hold')
    }
    lines += `${name}: ${value}\r\n`
  }
  return lines
}

function framingLines({ framing, length, close, upgrade }: HeadFraming): string {
  let lines = ''
  if (framing === 'chunked') lines = 'transfer-encoding: chunked\r\n'
  else if (length !== null) lines = `content-length: ${length}\r\n`
  if (upgrade) return `${lines}connection: Upgrade\r\nupgrade: websocket\r\n`
  return close ? `${lines}connection: close\r\n` : lines
}

/** A request head with our own framing. @throws TypeError when it would not be one. */
export function requestText(head: OutgoingHead, framing: HeadFraming): string {
  const { method, target, authority } = head
  if (
    !consistsOf(method, methodOctets) ||
    !consistsOf(target, targetOctets) ||
    !consistsOf(authority, authorityOctets)
  ) {
    throw new TypeError('a request line holds what none can hold')
  }
  const start = `${method} ${target} HTTP/1.1\r\nhost: ${authority}\r\n`
  const takesTrailers = head.headers.some(([name, value]) => name === 'te' && value === 'trailers')
  const te = takesTrailers && !framing.upgrade ? 'te: trailers\r\nconnection: te\r\n' : ''
  return `${start}${fieldLines(head.headers)}${te}${framingLines(framing)}\r\n`
}

const phrases: ReadonlyMap<number, string> = new Map([
  [101, 'Switching Protocols'],
  [200, 'OK'],
  [201, 'Created'],
  [202, 'Accepted'],
  [204, 'No Content'],
  [206, 'Partial Content'],
  [301, 'Moved Permanently'],
  [302, 'Found'],
  [303, 'See Other'],
  [304, 'Not Modified'],
  [307, 'Temporary Redirect'],
  [308, 'Permanent Redirect'],
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [407, 'Proxy Authentication Required'],
  [408, 'Request Timeout'],
  [409, 'Conflict'],
  [413, 'Content Too Large'],
  [415, 'Unsupported Media Type'],
  [417, 'Expectation Failed'],
  [421, 'Misdirected Request'],
  [422, 'Unprocessable Content'],
  [429, 'Too Many Requests'],
  [431, 'Request Header Fields Too Large'],
  [500, 'Internal Server Error'],
  [502, 'Bad Gateway'],
  [503, 'Service Unavailable'],
  [504, 'Gateway Timeout'],
])

/** The head of an answer with our own framing. @throws TypeError when it would not be one. */
export function responseText(head: ResponseHead, framing: HeadFraming): string {
  if (!Number.isInteger(head.status) || head.status < 100 || head.status > 599) {
    throw new TypeError('a status is not one of HTTP')
  }
  const phrase = head.phrase ?? phrases.get(head.status) ?? 'Answer'
  if (head.phrase !== undefined && !mayHold(phrase, valueOctets)) {
    throw new TypeError('a reason phrase holds what none can hold')
  }
  const start = `HTTP/1.1 ${head.status} ${phrase}\r\n`
  return `${start}${fieldLines(head.headers)}${framingLines(framing)}\r\n`
}

/** What ends a chunked body. @throws TypeError */
export function lastChunkText(trailers: readonly Field[]): string {
  return trailers.length === 0 ? '0\r\n\r\n' : `0\r\n${fieldLines(trailers)}\r\n`
}
