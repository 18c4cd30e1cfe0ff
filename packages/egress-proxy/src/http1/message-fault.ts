import type { ProtocolFault } from '../exchange.ts'

/** What a client is told when its message is refused before there is an exchange. */
export type FaultStatus = 400 | 408 | 413 | 417 | 431

/** Thrown by a reader of HTTP/1 bytes at the first thing that is wrong; nothing after it is read. */
export class MessageFault extends Error {
  readonly status: FaultStatus
  readonly code: ProtocolFault['code']

  constructor(message: string, status: FaultStatus = 400) {
    super(message)
    this.name = 'MessageFault'
    this.status = status
    this.code = codeOf(status)
  }
}

function codeOf(status: FaultStatus): ProtocolFault['code'] {
  if (status === 408) return 'timeout'
  return status === 431 || status === 413 ? 'limit' : 'bad_request'
}
