import type { Duplex } from 'node:stream'

interface Resettable {
  resetAndDestroy(): unknown
}

const isResettable = (connection: object): connection is Resettable =>
  'resetAndDestroy' in connection && typeof connection.resetAndDestroy === 'function'

/**
 * Ends a connection so that the peer cannot take it for a regular end: by a TCP reset where there is TCP
 * right below, else by closing without the end that the protocol above would have.
 */
export function cut(connection: Duplex): void {
  if (connection.destroyed) return
  try {
    if (isResettable(connection)) connection.resetAndDestroy()
  } catch {
    // ERR_INVALID_HANDLE_TYPE: TLS and Unix sockets have no reset.
  }
  connection.destroy()
}
