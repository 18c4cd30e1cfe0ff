import type { ResponseHead } from '../http-message.ts'
import { takeConnection } from './connection-options.ts'
import { readFields } from './field-block.ts'
import { MessageFault } from './message-fault.ts'
import { valueOctets } from './octets.ts'

/** An answer of an upstream as read, and what its framing says. */
export interface ResponseMessage {
  readonly head: ResponseHead
  /** `Content-Length`, or `null`. */
  readonly length: number | null
  readonly chunked: boolean
  readonly close: boolean
  /** The fields of a change to WebSocket are there (RFC 6455, 4.2.2). */
  readonly isUpgrade: boolean
}

/**
 * Reads a head that `HeadBuffer` cut out. The reason phrase is not needed, so its lack is no fault;
 * everything that frames the answer is read as strictly as in a request.
 * @throws MessageFault
 */
export function readResponseHead(text: string): ResponseMessage {
  const isNew = text.startsWith('HTTP/1.1 ')
  if (!isNew && !text.startsWith('HTTP/1.0 ')) {
    throw new MessageFault('The version of the answer is neither HTTP/1.1 nor HTTP/1.0.')
  }
  const status = statusIn(text)
  const block = readFields(text, endOfReason(text) + 2)
  const options = takeConnection(block)
  if (!isNew && block.chunked) throw new MessageFault('HTTP/1.0 has no Transfer-Encoding.')
  return {
    head: {
      status,
      headers: block.headers.some(isSpokenToProxy)
        ? block.headers.filter((field) => !isSpokenToProxy(field))
        : block.headers,
    },
    length: block.length,
    chunked: block.chunked,
    close: options.close || !isNew,
    isUpgrade: options.upgrade && block.upgrade?.toLowerCase() === 'websocket',
  }
}

const isSpokenToProxy = ([name]: readonly [string, string]): boolean =>
  name === 'proxy-authorization' || name === 'te'

function statusIn(text: string): number {
  const hundreds = text.charCodeAt(9) - 0x30
  const tens = text.charCodeAt(10) - 0x30
  const ones = text.charCodeAt(11) - 0x30
  const isNumber = tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9
  if (!isNumber || hundreds < 1 || hundreds > 5) {
    throw new MessageFault('The status is malformed.')
  }
  return hundreds * 100 + tens * 10 + ones
}

function endOfReason(text: string): number {
  const after = text.charCodeAt(12)
  if (after !== 0x20 && after !== 0x0d) throw new MessageFault('The status is malformed.')
  let at = 12
  while (valueOctets[text.charCodeAt(at)] === 1) at++
  if (!text.startsWith('\r\n', at)) throw new MessageFault('The reason phrase is malformed.')
  return at
}
