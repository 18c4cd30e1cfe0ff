import { SandboxError } from '@caisson/core'
import { Builtin } from './builtin.ts'
import type { GuestLink } from './link.ts'

/** A pax tar of what lies below a path. Sockets and devices are left out. */
export async function* packTar(
  link: GuestLink,
  path: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const builtin = new Builtin(link, ['tar-out', path])
  yield* builtin.output()
  await builtin.succeed('packing')
}

/** Unpacks below a path. When the tar's source fails, the worker is ended and the source's error thrown. */
export async function unpackTar(
  link: GuestLink,
  path: string,
  tar: AsyncIterable<Uint8Array>,
): Promise<void> {
  const builtin = new Builtin(link, ['tar-in', path], 'pipe')
  try {
    await feed(builtin, tar)
  } catch (error) {
    builtin.abandon()
    throw error
  }
  await builtin.succeed('unpacking')
}

async function feed(builtin: Builtin, tar: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of tar) {
    try {
      await builtin.write(chunk)
    } catch (error) {
      // The worker stopped reading: it found the end of the archive, or failed; how it ends tells which.
      if (SandboxError.is(error) && error.errno === 'EPIPE') return
      throw error
    }
  }
  builtin.closeStdin()
}
