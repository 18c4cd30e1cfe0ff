import type { FileKind } from '@caisson/core'
import type { Reader } from './decode.ts'
import { kind } from './protocol.ts'
import { protocolError } from './protocol-error.ts'

const byNumber: ReadonlyMap<number, FileKind> = new Map([
  [kind.FILE, 'file'],
  [kind.DIRECTORY, 'directory'],
  [kind.SYMLINK, 'symlink'],
  [kind.FIFO, 'fifo'],
  [kind.SOCKET, 'socket'],
  [kind.DEVICE, 'device'],
])

/** A kind of file; one that is unknown breaks the protocol. */
export function readKind(reader: Reader): FileKind {
  const number = reader.u8()
  const found = byNumber.get(number)
  if (found === undefined) throw protocolError(`kind of file ${number}`)
  return found
}
