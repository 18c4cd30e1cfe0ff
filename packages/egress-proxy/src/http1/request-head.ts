import type { Field, IncomingHead } from '../http-message.ts'
import { takeConnection } from './connection-options.ts'
import type { ConnectionOptions } from './connection-options.ts'
import { readFields } from './field-block.ts'
import type { FieldBlock } from './field-block.ts'
import { MessageFault } from './message-fault.ts'
import { methodOctets, targetOctets } from './octets.ts'

/** A request as read, and what its framing says. */
export interface RequestMessage {
  readonly head: IncomingHead
  /** Bytes of the body; `0` without one, `null` when it is chunked. */
  readonly length: number | null
  /** The connection does not outlive the answer. */
  readonly close: boolean
  readonly takesTrailers: boolean
}

interface RequestLine {
  readonly method: string
  readonly target: string
  readonly version: '1.0' | '1.1'
  readonly end: number
}

const longestMethod = 32
const space = 0x20

/**
 * Reads a head that `HeadBuffer` cut out.
 * @param isProxy CONNECT and the absolute form are taken.
 * @throws MessageFault
 */
export function readRequestHead(text: string, isProxy: boolean): RequestMessage {
  const line = readRequestLine(text)
  checkForm(line, isProxy)
  const block = readFields(text, line.end)
  const options = takeConnection(block)
  checkFraming(line, block)
  if (block.hasProxyFields && line.target.startsWith('/')) {
    block.headers = block.headers.filter(([name]) => name !== 'proxy-authorization')
  }
  const length = block.chunked ? null : (block.length ?? 0)
  const isOld = line.version === '1.0'
  const awaits = checkExpect(block.expect)
  return {
    head: {
      version: line.version,
      method: line.method,
      target: line.target,
      authority: block.host,
      scheme: null,
      headers: block.headers,
      upgrade: asksForWebSocket(line, block, options) ? 'websocket' : null,
      expectsContinue: awaits && !isOld && length !== 0,
    },
    length,
    // An HTTP/1.0 client that reads through a proxy cannot be trusted to know that it may reuse.
    close: options.close || isOld,
    takesTrailers: block.takesTrailers && !isOld,
  }
}

function readRequestLine(text: string): RequestLine {
  let at = 0
  while (methodOctets[text.charCodeAt(at)] === 1) at++
  if (at === 0 || at > longestMethod || text.charCodeAt(at) !== space) {
    throw new MessageFault('The request line has no method.')
  }
  const from = at + 1
  let to = from
  while (targetOctets[text.charCodeAt(to)] === 1) to++
  if (to === from || text.charCodeAt(to) !== space) {
    throw new MessageFault('The request target is malformed.')
  }
  const isNew = text.startsWith('HTTP/1.1\r\n', to + 1)
  if (!isNew && !text.startsWith('HTTP/1.0\r\n', to + 1)) {
    throw new MessageFault('The version is neither HTTP/1.1 nor HTTP/1.0.')
  }
  return {
    method: text.slice(0, at),
    target: text.slice(from, to),
    version: isNew ? '1.1' : '1.0',
    end: to + 11,
  }
}

function checkForm({ method, target }: RequestLine, isProxy: boolean): void {
  const isOrigin = target.startsWith('/')
  if (method === 'CONNECT') {
    if (!isProxy) throw new MessageFault('CONNECT is not taken here.')
    if (isOrigin || target.includes('/')) {
      throw new MessageFault('The target of CONNECT is not an authority.')
    }
    return
  }
  if (isOrigin || (target === '*' && method === 'OPTIONS')) return
  if (!isProxy || !target.includes('://')) {
    throw new MessageFault('The form of the request target is not taken here.')
  }
}

function checkFraming({ method, version }: RequestLine, block: FieldBlock): void {
  if (version === '1.1' && block.host === null) throw new MessageFault('Host is missing.')
  if (version === '1.0' && block.chunked) {
    throw new MessageFault('HTTP/1.0 has no Transfer-Encoding.')
  }
  if (method === 'CONNECT' && (block.chunked || block.length !== null)) {
    throw new MessageFault('CONNECT has no body.')
  }
}

function checkExpect(expect: string | null): boolean {
  if (expect === null) return false
  if (expect.toLowerCase() !== '100-continue') {
    throw new MessageFault('Only 100-continue can be expected.', 417)
  }
  return true
}

const valueOf = (headers: readonly Field[], wanted: string): string | null => {
  const found = headers.filter(([name]) => name === wanted)
  return found.length === 1 ? (found[0]?.[1] ?? null) : null
}

/** RFC 6455, 4.1. Other upgrades (`h2c`) are not offered: the request is then an ordinary one. */
function asksForWebSocket(
  { method, version }: RequestLine,
  block: FieldBlock,
  options: ConnectionOptions,
): boolean {
  if (block.upgrade?.toLowerCase() !== 'websocket' || !options.upgrade) return false
  if (method !== 'GET' || version !== '1.1') return false
  if (block.chunked || (block.length ?? 0) > 0) return false
  const key = valueOf(block.headers, 'sec-websocket-key') ?? ''
  return isNonce(key) && valueOf(block.headers, 'sec-websocket-version') === '13'
}

const isNonce = (key: string): boolean =>
  key.length === 24 && Buffer.from(key, 'base64').toString('base64') === key
