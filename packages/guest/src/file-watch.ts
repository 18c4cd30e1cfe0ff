import type { WatchEvent } from '@caisson/core'
import { Builtin } from './builtin.ts'
import type { GuestLink } from './link.ts'
import { bound } from './protocol.ts'
import { protocolError } from './protocol-error.ts'
import { recordStream, sizeWithStrings, type RecordShape } from './record-stream.ts'
import { decodeUtf8 } from './text.ts'

/** What to watch. */
export interface WatchRequest {
  readonly path: string
  readonly recursive: boolean
  readonly signal?: AbortSignal | undefined
}

const types: readonly WatchEvent['type'][] = ['create', 'modify', 'remove', 'overflow']

/** Changes below a path, until the loop is left or the signal aborts, which ends it without an error. */
export async function* watchPath(
  link: GuestLink,
  request: WatchRequest,
): AsyncGenerator<WatchEvent, void, undefined> {
  const { path, recursive, signal } = request
  const stopped = (): boolean => signal?.aborted === true
  if (stopped()) return
  const builtin = new Builtin(link, ['watch', path, recursive ? '1' : '0'], 'pipe')
  const stop = (): void => builtin.closeStdin()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    for await (const event of recordStream(builtin, shapeFor(path))) {
      if (stopped()) return
      yield event
    }
    await builtin.succeed('watching')
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

function shapeFor(root: string): RecordShape<WatchEvent> {
  return {
    size: (bytes) => sizeWithStrings(bytes, 1, [bound.PATH_BYTES_MAX]),
    read(reader) {
      const type = types[reader.below(types.length + 1, 'watch event') - 1]
      const path = decodeUtf8(reader.str(bound.PATH_BYTES_MAX))
      if (type === undefined) throw protocolError('watch event 0')
      // A name that has no string form cannot be told, but that something changed can.
      if (type === 'overflow' || path === undefined) return { type: 'overflow', path: root }
      if (path !== root && !path.startsWith(root.endsWith('/') ? root : `${root}/`)) {
        throw protocolError('a watch event outside the watched path')
      }
      return { type, path }
    },
  }
}
