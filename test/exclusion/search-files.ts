import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs'

/** Takes what was read at a place. */
export type Take = (label: string, content: Uint8Array | string) => void

/** Files that have no end, or a whole machine's memory: only whether they can be opened is told. */
const endless = /^\/proc\/(?:kcore|kmsg|kpage\w+|(?:.*\/)?(?:pagemap|clear_refs|mem))$/
const mostBytes = 64 << 20
const mostOfDevice = 4096

/** Reads a file without waiting for anybody. Says so when it was cut, or cannot be read. */
export function readPath(path: string, take: Take): void {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch {
    return // Not for us: that is the answer.
  }
  try {
    if (endless.test(path)) take('unread', path)
    else readDescriptor(file, path, take)
  } catch {
    // A device or pipe with nothing in it, or a process that ended meanwhile.
  } finally {
    closeSync(file)
  }
}

function readDescriptor(file: number, path: string, take: Take): void {
  const most = fstatSync(file).isCharacterDevice() ? mostOfDevice : mostBytes
  const room = Buffer.alloc(Math.min(most, 1 << 20))
  for (let read = 0; read < most;) {
    const count = readSync(file, room, 0, room.length, null)
    if (count === 0) return
    take(path, room.subarray(0, count))
    read += count
  }
  if (most === mostBytes) take('unread', `${path}, behind its first 64 MiB`)
}

/** What a walk meets beside files. */
export interface Walk {
  readonly take: Take
  /** Folders that are left out; each is told. */
  readonly leaveOut: (path: string) => boolean
  readonly onSocket: (path: string) => void
}

/** Reads everything below a folder: names, targets of links, contents. */
export function readTree(folder: string, walk: Walk): void {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch {
    return
  }
  walk.take(`names in ${folder}`, names.join('\n'))
  for (const name of names) {
    const path = folder === '/' ? `/${name}` : `${folder}/${name}`
    const stats = statOf(path)
    if (stats !== null) readEntry(path, stats, walk)
  }
}

function readEntry(path: string, stats: Stats, walk: Walk): void {
  if (stats.isDirectory()) {
    if (!walk.leaveOut(path)) readTree(path, walk)
  } else if (stats.isSocket()) walk.onSocket(path)
  else if (stats.isSymbolicLink()) walk.take(`link ${path}`, linkOf(path))
  else readPath(path, walk.take)
}

function statOf(path: string): Stats | null {
  try {
    return lstatSync(path)
  } catch {
    return null
  }
}

/** Where a link leads; empty when that is not told. */
export function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
