import type { Duplex } from 'node:stream'
import { parseAddress } from '../addresses/address.ts'
import { dialRefusal } from './dial-refusal.ts'
import { HandshakeReader } from './handshake-reader.ts'

/** What is asked of a SOCKS parent. */
export interface SocksWish {
  readonly host: string
  readonly port: number
  /** RFC 1929 asks for 1 to 255 bytes each. */
  readonly login: { readonly user: string; readonly password: string } | null
}

const version = 5
const methodNone = 0
const methodLogin = 2

/** RFC 1928, 6. */
const replies: Readonly<Record<number, string>> = {
  1: 'general failure',
  2: 'not allowed',
  3: 'network unreachable',
  4: 'host unreachable',
  5: 'refused',
  6: 'TTL expired',
  7: 'command not supported',
  8: 'address type not supported',
}

/**
 * Asks a SOCKS5 proxy (RFC 1928, 1929) for a connection; names go there as names. When this resolves, the
 * stream is the connection, with all that came after the answer still in it.
 *
 * @throws RefusalError `connect_failed`, or the signal's reason.
 */
export async function socksTunnel(
  stream: Duplex,
  wish: SocksWish,
  signal: AbortSignal,
): Promise<void> {
  const reader = new HandshakeReader(stream, signal)
  // With a login, only that is offered: a parent that lets us in as nobody is not the one configured.
  const method = wish.login === null ? methodNone : methodLogin
  stream.write(Buffer.from([version, 1, method]))
  const chosen = await reader.take(2)
  if (chosen[0] !== version || chosen[1] !== method)
    throw refused('parent proxy wants another login')
  if (wish.login !== null) await logIn(stream, reader, wish.login)
  stream.write(connectRequest(wish))
  await readReply(reader)
}

async function logIn(
  stream: Duplex,
  reader: HandshakeReader,
  { user, password }: { readonly user: string; readonly password: string },
): Promise<void> {
  stream.write(Buffer.concat([Buffer.from([1]), prefixed(user), prefixed(password)]))
  const answer = await reader.take(2)
  if (answer[0] !== 1 || answer[1] !== 0) throw refused('parent proxy refused the login')
}

function prefixed(text: string): Buffer {
  const bytes = Buffer.from(text)
  if (bytes.length < 1 || bytes.length > 255) throw new Error('SOCKS field is not 1 to 255 bytes')
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}

function connectRequest({ host, port }: SocksWish): Buffer {
  const portBytes = Buffer.from([port >> 8, port & 0xff])
  return Buffer.concat([Buffer.from([version, 1, 0]), encodeHost(host), portBytes])
}

function encodeHost(host: string): Buffer {
  const address = parseAddress(host)
  if (address === null) return Buffer.concat([Buffer.from([3]), prefixed(host)])
  const bytes = Buffer.alloc(1 + address.words.length * 4)
  bytes[0] = address.family === 4 ? 1 : 4
  address.words.forEach((word, index) => bytes.writeUInt32BE(word, 1 + index * 4))
  return bytes
}

async function readReply(reader: HandshakeReader): Promise<void> {
  const [replied, code = 255, reserved, addressType] = await reader.take(4)
  if (replied !== version || reserved !== 0) throw refused('malformed answer of the parent proxy')
  if (code !== 0) throw refused(`parent proxy: ${replies[code] ?? 'unknown failure'}`)
  // What it is bound to is of no use here, but its length says where the connection's bytes begin.
  await reader.take((await addressLength(reader, addressType)) + 2)
}

async function addressLength(reader: HandshakeReader, type: number | undefined): Promise<number> {
  if (type === 1) return 4
  if (type === 4) return 16
  if (type !== 3) throw refused('malformed answer of the parent proxy')
  const [length = 0] = await reader.take(1)
  return length
}

function refused(detail: string): Error {
  return dialRefusal('connect_failed', detail)
}
