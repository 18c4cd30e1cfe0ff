import type { FieldBlock } from './field-block.ts'
import { MessageFault } from './message-fault.ts'
import { consistsOf, tokenOctets } from './octets.ts'

/** What `Connection` asks of the connection itself. */
export interface ConnectionOptions {
  readonly close: boolean
  readonly upgrade: boolean
}

const nothing: ConnectionOptions = Object.freeze({ close: false, upgrade: false })
const closing: ConnectionOptions = Object.freeze({ close: true, upgrade: false })
const upgrading: ConnectionOptions = Object.freeze({ close: false, upgrade: true })

/** The spellings that nearly all messages use. */
const usual: ReadonlyMap<string | null, ConnectionOptions> = new Map([
  [null, nothing],
  ['keep-alive', nothing],
  ['Keep-Alive', nothing],
  ['close', closing],
  ['Upgrade', upgrading],
  ['upgrade', upgrading],
])

/** Without these a message is another message; a sender that wants them dropped on the way is up to something. */
const kept: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'host'])

/**
 * Reads `Connection` (RFC 9110, 7.6.1) and drops the fields it names from `block`.
 * @throws MessageFault when it is malformed or names a field that frames or routes the message.
 */
export function takeConnection(block: FieldBlock): ConnectionOptions {
  return usual.get(block.connection) ?? takeNamed(block, block.connection ?? '')
}

function takeNamed(block: FieldBlock, value: string): ConnectionOptions {
  const named = new Set<string>()
  for (const part of value.split(',')) {
    const option = part.trim().toLowerCase()
    if (option === '') continue
    if (!consistsOf(option, tokenOctets)) throw new MessageFault('Connection is malformed.')
    if (kept.has(option)) throw new MessageFault('Connection names a field of the framing.')
    named.add(option)
  }
  // What `TE: trailers` says of this hop is kept as a field and stated anew on the next one.
  block.headers = block.headers.filter(([name]) => name === 'te' || !named.has(name))
  return { close: named.has('close'), upgrade: named.has('upgrade') }
}
