import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs'

/** Takes finished lines. Nothing here throws. */
export interface LineSink {
  /** Whether more may be given. */
  readonly hasRoom: boolean
  /** Takes a line with its line feed; `false` when it could not be taken. */
  take(line: string): boolean
  close(): Promise<void>
}

/**
 * A file that lines are appended to. Each is written at once: a line costs a few microseconds, and what
 * was told is in the kernel's hands when the process dies.
 *
 * @throws Error when the file cannot be opened, or has something in it: a chain has one beginning
 */
export function fileSink(path: string): LineSink {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants
  const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600)
  if (fstatSync(file).size > 0) {
    closeSync(file)
    throw new TypeError(`audit.path: ${path} is not empty; each trail needs a file of its own`)
  }
  let works = true
  let open = true
  return {
    get hasRoom() {
      return works && open
    },
    take: (line) => {
      if (!works || !open) return false
      works = isWritten(file, line)
      return works
    },
    close: () => {
      if (open) closeSync(file)
      open = false
      return Promise.resolve()
    },
  }
}

/** A line in part breaks the chain visibly; nothing is written after it. */
function isWritten(file: number, line: string): boolean {
  try {
    return writeSync(file, line) === Buffer.byteLength(line)
  } catch {
    return false
  }
}
