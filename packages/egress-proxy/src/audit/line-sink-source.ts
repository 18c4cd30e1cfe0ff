import {
  closeSync,
  constants,
  fchmodSync,
  fdatasync,
  fstatSync,
  openSync,
  type Stats,
  writeSync,
} from 'node:fs'
import { within } from './within.ts'

/** Takes finished lines. Nothing here throws. */
export interface LineSink {
  /** Whether more may be given. */
  readonly hasRoom: boolean
  /** Takes a line with its line feed, in ASCII; `false` when it could not be taken. */
  take(line: string): boolean
  /** Begins to bring what was taken onto the disk, without waiting for it. */
  persist(): void
  /** Waits for what was taken, but not for ever. */
  close(): Promise<void>
}

/** What a file sink needs beside its path. */
export interface FileBounds {
  /** How long `close` waits for the disk. */
  readonly closeMs: number
  /** Called once, when nothing more can be written. */
  readonly onBroken: (what: string) => void
}

/**
 * A file that lines are appended to. Each is written at once: a line costs a few microseconds, and what
 * was told is in the kernel's hands when the process dies. It is brought onto the disk at checkpoints, in
 * the background, so that a slow disk stalls nothing: a power failure can take what came after the last.
 *
 * @throws Error when the file cannot be opened
 * @throws TypeError when it is no plain file of one name, or has something in it: a chain has one beginning
 */
export function fileSink(path: string, { closeMs, onBroken }: FileBounds): LineSink {
  const file = openPlain(path)
  let works = true
  let open = true
  let persisting: Promise<void> | null = null

  const fail = (what: string): void => {
    if (works) onBroken(what)
    works = false
  }
  const persist = (): Promise<void> => {
    persisting ??= synced(file).then((error) => {
      persisting = null
      // After a failed synchronisation nobody knows what is on the disk (fsync(2)).
      if (error !== null) fail(`audit.path: the disk took no more (${error})`)
    })
    return persisting
  }
  return {
    get hasRoom() {
      return works && open
    },
    take: (line) => {
      if (!works || !open) return false
      const error = writeWhole(file, Buffer.from(line, 'latin1'))
      if (error !== null) fail(`audit.path: a line could not be written (${error})`)
      return works
    },
    persist: () => void persist(),
    close: async () => {
      if (!open) return
      open = false
      // One that runs already may have begun before the last line.
      const last = (persisting ?? Promise.resolve()).then(persist).then(() => closeSync(file))
      if (!(await within(closeMs, last))) fail('audit.path: the disk is too slow to wait for')
    },
  }
}

function openPlain(path: string): number {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants
  // Non-blocking, so that a pipe without a reader is an error instead of an open that never returns.
  const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600)
  const fault = faultOf(fstatSync(file))
  try {
    if (fault !== null) throw new TypeError(`audit.path: ${path} ${fault}`)
    // One that was there before may be open to others.
    fchmodSync(file, 0o600)
    return file
  } catch (error) {
    closeSync(file)
    throw error
  }
}

function faultOf(stats: Stats): string | null {
  if (!stats.isFile()) return 'is no plain file'
  if (stats.nlink !== 1) return 'has more than one name'
  return stats.size === 0 ? null : 'is not empty; each trail needs a file of its own'
}

/** A line in part breaks the chain visibly; after it nothing may be written. Returns what failed. */
function writeWhole(file: number, line: Buffer): string | null {
  try {
    let done = 0
    while (done < line.length) {
      const written = writeSync(file, line, done)
      if (written === 0) return 'nothing was taken'
      done += written
    }
    return null
  } catch (error) {
    return codeOf(error)
  }
}

function synced(file: number): Promise<string | null> {
  return new Promise((resolve) => {
    fdatasync(file, (error) => resolve(error === null ? null : codeOf(error)))
  })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}
