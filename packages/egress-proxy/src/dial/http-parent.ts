import type { Duplex } from 'node:stream'
import { checkConnectAnswer, connectAnswerBytes } from './connect-answer.ts'
import { HandshakeReader } from './handshake-reader.ts'

/** What is asked of a parent proxy. */
export interface TunnelWish {
  /** `host:port`, canonical: it goes into the request as it stands. */
  readonly authority: string
  /** Value of `Proxy-Authorization`, or `null`. */
  readonly authorization: string | null
}

/**
 * Asks an HTTP proxy for a tunnel (RFC 9110, 9.3.6). When this resolves, the stream is the tunnel, with
 * all that came after the answer still in it.
 *
 * @throws RefusalError `connect_failed`, or the signal's reason.
 */
export async function httpTunnel(
  stream: Duplex,
  { authority, authorization }: TunnelWish,
  signal: AbortSignal,
): Promise<void> {
  // The authority was canonical long before; a proxy's own framing is too much to bet on that alone.
  if (!/^[a-z0-9._:[\]-]+$/.test(authority)) throw new Error('authority is not canonical')
  const credentials = authorization === null ? '' : `Proxy-Authorization: ${authorization}\r\n`
  stream.write(
    `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${credentials}\r\n`,
    'latin1',
  )
  const head = await new HandshakeReader(stream, signal).takeHead(connectAnswerBytes)
  checkConnectAnswer(head)
}
