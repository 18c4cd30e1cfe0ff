import type { Duplex } from 'node:stream'
import { canonicalHost } from '../names/canonical-host.ts'
import type { ProxyLimits } from '../limits.ts'
import type { Refusal } from '../refusal.ts'
import { type ClientHello, ClientHelloParser } from '../tls/client-hello.ts'
import { readUntil } from './first-bytes.ts'

/** A whole ClientHello, and the bytes that it was read from. */
export interface ReadHello {
  readonly hello: ClientHello
  readonly bytes: Buffer
}

/** Reads a ClientHello, beginning with `first`; a refusal when there is none in time and in bounds. */
export async function readClientHello(
  stream: Duplex,
  first: Buffer,
  limits: ProxyLimits,
): Promise<ReadHello | Refusal> {
  const parser = new ClientHelloParser(limits.clientHelloBytes)
  const chunks: Buffer[] = []
  const take = (chunk: Buffer): ReadHello | Refusal | null => {
    chunks.push(chunk)
    const found = parser.push(chunk)
    if (found === 'more') return null
    return 'fault' in found
      ? refusal(`the TLS handshake is malformed: ${found.fault}`)
      : { hello: found, bytes: Buffer.concat(chunks) }
  }
  const already = take(first)
  if (already !== null) return already
  const read = await readUntil(stream, limits.clientHelloMs, take)
  return read ?? refusal('the TLS handshake did not come in time')
}

/**
 * Whether the name in a ClientHello is the host that the connection is for. Inside a tunnel nothing else
 * shows which name is meant, so there it must be plain to see: a hidden one (ECH, RFC 9849) is refused,
 * whether it is real or made up, for nobody can tell.
 */
export function helloRefusal(
  { sni, hasEch, hasEarlyData }: ClientHello,
  host: string,
  inside: 'tunnel' | 'intercepted',
): Refusal | null {
  if (inside === 'tunnel' && hasEch)
    return mismatch('the TLS handshake hides a name (ECH), and only a plain one can be judged')
  if (inside === 'tunnel' && hasEarlyData)
    return mismatch('the TLS handshake comes with early data (0-RTT), which can be sent twice')
  if (sni === null)
    return inside === 'tunnel' ? mismatch('the TLS handshake names no host (SNI)') : null
  const named = canonicalHost(sni)
  return 'host' in named && named.host === host
    ? null
    : mismatch('the TLS handshake names another host than its connection')
}

/** A fatal `unrecognized_name` (RFC 6066, 3), before any handshake of ours. */
export const unrecognizedName: Buffer = Buffer.from([0x15, 3, 3, 0, 2, 2, 112])

function mismatch(reason: string): Refusal {
  const remedy = 'use the same, plain name in the connection and in the TLS handshake'
  return { code: 'sni_mismatch', rule: null, reason, remedy }
}

function refusal(reason: string): Refusal {
  return { code: 'bad_request', rule: null, reason, remedy: 'use TLS 1.2 or 1.3' }
}
