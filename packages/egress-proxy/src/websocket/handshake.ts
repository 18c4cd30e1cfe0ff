import { createHash } from 'node:crypto'
import type { Field } from '../http-message.ts'

/** RFC 6455, 1.3 */
const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** 16 bytes in base64: the last character of the data holds two bits of them. */
const key = /^[A-Za-z0-9+/]{21}[AQgw]==$/
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/

/** The only value that a name has; `null` when it is missing or comes more than once. */
function single(fields: readonly Field[], name: string): string | null {
  const values = fields.filter((field) => field[0] === name)
  return values.length === 1 ? (values[0]?.[1] ?? null) : null
}

/**
 * What is wrong with the fields by which a client asks for a WebSocket (RFC 6455, 4.1), or `null`: one key
 * of 16 bytes, version 13. `Upgrade` and `Connection` are for whoever reads the header to check.
 */
export function handshakeFault(fields: readonly Field[]): string | null {
  if (single(fields, 'sec-websocket-version') !== '13') return 'the WebSocket version is not 13'
  const value = single(fields, 'sec-websocket-key')
  if (value === null || !key.test(value)) return 'the WebSocket key is not 16 bytes in base64'
  const offered = offeredProtocols(fields)
  return offered === null ? 'the list of WebSocket sub-protocols is malformed' : null
}

/** RFC 6455, 4.1: tokens, each once; they may be spread over several fields. `null` for all else. */
function offeredProtocols(fields: readonly Field[]): readonly string[] | null {
  const offered: string[] = []
  for (const [name, value] of fields) {
    if (name !== 'sec-websocket-protocol') continue
    for (const piece of value.split(',')) offered.push(piece.trim())
  }
  if (offered.some((protocol) => !token.test(protocol))) return null
  return new Set(offered).size === offered.length ? offered : null
}

/** The answer that belongs to a key (RFC 6455, 4.2.2). */
export function acceptFor(clientKey: string): string {
  return createHash('sha1').update(`${clientKey}${acceptSuffix}`).digest('base64')
}

/**
 * Whether the fields of a `101` belong to those of the request: the answer to its key, no extension, and
 * no sub-protocol but one that was offered. A server that goes on as if an extension had been agreed on
 * would send frames that only it understands.
 */
export function acceptsHandshake(request: readonly Field[], response: readonly Field[]): boolean {
  const clientKey = single(request, 'sec-websocket-key')
  if (clientKey === null || handshakeFault(request) !== null) return false
  if (single(response, 'sec-websocket-accept') !== acceptFor(clientKey)) return false
  if (response.some(([name]) => name === 'sec-websocket-extensions')) return false
  if (!response.some(([name]) => name === 'sec-websocket-protocol')) return true
  const chosen = single(response, 'sec-websocket-protocol')
  return chosen !== null && (offeredProtocols(request)?.includes(chosen) ?? false)
}

/** What goes upstream of a handshake: all but the offer of extensions, so that frames stay readable. */
export function passedHandshakeFields(fields: readonly Field[]): readonly Field[] {
  return fields.filter(([name]) => name !== 'sec-websocket-extensions')
}
