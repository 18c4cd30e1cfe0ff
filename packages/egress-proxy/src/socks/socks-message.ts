import { formatAddress } from '../addresses/address.ts'

/** A message of a SOCKS5 client has no end mark: its length follows from its first bytes, step by step. */
export type SocksStage = 'greeting' | 'password' | 'request'

/** Version, name and password of 255 bytes each with their lengths. */
export const longestSocksMessage = 513

const ipv4Kind = 1
const domainKind = 3
const ipv6Kind = 4

/** Where a client wants to go. */
export interface SocksDestination {
  /** An address, or the name as it was sent: one character for each byte, NULs and all. */
  readonly host: string
  readonly port: number
}

/** How many bytes are needed to know more about a message, of which `filled` are there. Equal: it is whole. */
export function neededBytes(stage: SocksStage, bytes: Buffer, filled: number): number {
  switch (stage) {
    case 'greeting':
      return filled < 2 ? 2 : 2 + (bytes[1] ?? 0)
    case 'password':
      return passwordBytes(bytes, filled)
    case 'request':
      return requestBytes(bytes, filled)
  }
}

/** RFC 1929, 2 */
function passwordBytes(bytes: Buffer, filled: number): number {
  if (filled < 2) return 2
  const nameEnd = 2 + (bytes[1] ?? 0)
  return filled <= nameEnd ? nameEnd + 1 : nameEnd + 1 + (bytes[nameEnd] ?? 0)
}

/** RFC 1928, 4. A kind of address that is unknown has no length; what comes before it has to do. */
function requestBytes(bytes: Buffer, filled: number): number {
  if (filled < 4) return 4
  if (bytes[3] === ipv4Kind) return 10
  if (bytes[3] === ipv6Kind) return 22
  if (bytes[3] !== domainKind) return 4
  return filled < 5 ? 5 : 7 + (bytes[4] ?? 0)
}

/** The password of a whole message. */
export function passwordOf(message: Buffer): Buffer {
  return message.subarray(3 + (message[1] ?? 0))
}

/** The destination of a whole request; `null` when the kind of address is unknown. */
export function destinationOf(message: Buffer): SocksDestination | null {
  const host = hostOf(message)
  return host === null ? null : { host, port: message.readUInt16BE(message.length - 2) }
}

function hostOf(message: Buffer): string | null {
  const kind = message[3]
  if (kind === domainKind) return message.toString('latin1', 5, message.length - 2)
  if (kind === ipv4Kind) return formatAddress({ family: 4, words: [message.readUInt32BE(4)] })
  if (kind !== ipv6Kind) return null
  const words = [4, 8, 12, 16].map((offset) => message.readUInt32BE(offset))
  return formatAddress({ family: 6, words })
}
