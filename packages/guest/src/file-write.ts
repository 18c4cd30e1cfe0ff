import type { WriteOptions } from '@caisson/core'
import { nothing, type FileCalls } from './file-calls.ts'
import { bound, call } from './protocol.ts'

const replace = 0
const append = 1
const create = 2
const resume = 3
const first = { replace, append, new: create } as const

/** A file to write. */
export interface FileWrite extends WriteOptions {
  readonly path: string
  readonly data: Uint8Array
}

/** Writes in calls of 512 KiB. The first one creates; appends are appends each. */
export async function writeFile(calls: FileCalls, write: FileWrite): Promise<void> {
  const { path, data, mode } = write
  let offset = 0
  do {
    const piece = data.subarray(offset, offset + bound.FILE_DATA_MAX)
    const how = offset === 0 || write.how === 'append' ? first[write.how] : resume
    const at = how === resume ? offset : 0
    await calls.call({
      operation: call.WRITE,
      what: 'write',
      path,
      fields: (to) => to.u8(how).u32(mode).u64(at).str(path),
      data: piece,
      reply: nothing,
    })
    offset += piece.length
  } while (offset < data.length)
}
