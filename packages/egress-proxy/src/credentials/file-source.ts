import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { errorWord } from './error-word.ts'
import { longestSecret } from './read-text.ts'
import { SourceFault } from './secret.ts'

/** Room for the end of a last line, and a byte that tells that there is more. */
const room = longestSecret + 3

/**
 * A plain file, as it is now. Links are followed: orchestrators mount secrets as links that change when a
 * secret does. A pipe or device is no secret, and opening it does not wait for anybody.
 */
export async function readSecretFile(path: string, signal: AbortSignal): Promise<Buffer> {
  let file: FileHandle | null = null
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
    const stats = await file.stat()
    if (!stats.isFile()) throw new SourceFault('file: it is no plain file')
    if (stats.size > longestSecret + 2) throw new SourceFault('file: it is longer than 1 MiB')
    return await readWhole(file, signal)
  } catch (error) {
    if (error instanceof SourceFault) throw error
    throw new SourceFault(`file: it could not be read (${errorWord(error)})`)
  } finally {
    await file?.close().catch(() => undefined)
  }
}

async function readWhole(file: FileHandle, signal: AbortSignal): Promise<Buffer> {
  const bytes = Buffer.alloc(room)
  let filled = 0
  while (filled < room) {
    if (signal.aborted) throw forgotten(bytes, 'file: reading it took too long')
    // Files of the kernel say that they are empty, and are read to their end all the same.
    const { bytesRead } = await file.read(bytes, filled, room - filled, null)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  if (filled === room) throw forgotten(bytes, 'file: it is longer than 1 MiB')
  return bytes.subarray(0, filled)
}

function forgotten(bytes: Buffer, message: string): SourceFault {
  bytes.fill(0)
  return new SourceFault(message)
}
