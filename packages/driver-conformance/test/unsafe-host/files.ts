import { spawn } from 'node:child_process'
import { once } from 'node:events'
import * as host from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Stats } from 'node:fs'
import {
  SandboxError,
  type DirectoryEntry,
  type DriverFileSystem,
  type FileKind,
  type FileStat,
  type WatchEvent,
} from '@caisson/core'
import type { Break } from './breaks.ts'

interface Kinded {
  isFile(): boolean
  isDirectory(): boolean
  isSymbolicLink(): boolean
  isFIFO(): boolean
  isSocket(): boolean
}

function kindOf(entry: Kinded): FileKind {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'directory'
  if (entry.isSymbolicLink()) return 'symlink'
  if (entry.isFIFO()) return 'fifo'
  return entry.isSocket() ? 'socket' : 'device'
}

function statOf(found: Stats): FileStat {
  const { size, uid, gid } = found
  return {
    kind: kindOf(found),
    size,
    uid,
    gid,
    mode: found.mode & 0o7777,
    links: found.nlink,
    inode: found.ino,
    modifiedMs: found.mtimeMs,
    accessedMs: found.atimeMs,
    changedMs: found.ctimeMs,
  }
}

async function told<T>(path: string, work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException
    throw new SandboxError('FILE', message, { errno: code, path, cause: error })
  })
}

async function* watchNothing(): AsyncIterable<WatchEvent> {}

async function* tarOut(path: string): AsyncIterable<Uint8Array> {
  const child = spawn('tar', ['-cf', '-', '-C', path, '.'], { stdio: ['ignore', 'pipe', 'ignore'] })
  for await (const chunk of child.stdout) yield chunk as Buffer
}

async function tarIn(
  path: string,
  tar: AsyncIterable<Uint8Array>,
  breaks: ReadonlySet<Break>,
): Promise<void> {
  const flags = breaks.has('follows-links-in-tar') ? ['--keep-directory-symlink'] : []
  const child = spawn('tar', ['-xf', '-', ...flags, '-C', path], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  await pipeline(Readable.from(tar), child.stdin)
  await once(child, 'close')
}

/** Waits for ever on a FIFO, as `open` would, but without a thread that keeps the test from exiting. */
async function openable(path: string): Promise<void> {
  const found = await host.stat(path).catch(() => null)
  if (found?.isFIFO() === true) await new Promise(() => undefined)
}

async function read(path: string, maxBytes: number): Promise<Uint8Array> {
  await openable(path)
  const bytes = await host.readFile(path)
  if (bytes.length > maxBytes) throw new SandboxError('LIMIT', `${path} is too large`)
  return bytes
}

/** File operations with the rights of the host, following every link: what a driver must never do. */
export function hostFiles(breaks: ReadonlySet<Break>): DriverFileSystem {
  const list = async (path: string): Promise<DirectoryEntry[]> =>
    (await host.readdir(path, { withFileTypes: true })).map((entry) => ({
      name: entry.name,
      kind: kindOf(entry),
    }))
  const files: DriverFileSystem = {
    stat: async (path, follow) =>
      statOf(await told(path, follow ? host.stat(path) : host.lstat(path))),
    list: (path) => told(path, list(path)),
    read: (path, maxBytes) => told(path, read(path, maxBytes)),
    write: async (path, data, { mode, how }) => {
      await openable(path)
      const flag = { replace: 'w', append: 'a', new: 'wx' }[how]
      await told(path, host.writeFile(path, data, { mode, flag }))
    },
    makeDirectory: async (path, recursive, mode) =>
      void (await told(path, host.mkdir(path, { recursive, mode }))),
    remove: (path, recursive) => told(path, host.rm(path, { recursive })),
    rename: (from, to) => told(from, host.rename(from, to)),
    copy: (from, to) => told(from, host.cp(from, to, { recursive: true })),
    chmod: (path, mode) => told(path, host.chmod(path, mode)),
    readLink: (path) => told(path, host.readlink(path)),
    realPath: (path) => told(path, host.realpath(path)),
    symlink: (target, path) => told(path, host.symlink(target, path)),
    truncate: (path, size) => told(path, host.truncate(path, size)),
    setTimes: (path, accessedMs, modifiedMs) =>
      told(path, host.utimes(path, accessedMs / 1000, modifiedMs / 1000)),
    watch: watchNothing,
    tarOut,
    tarIn: (path, tar) => tarIn(path, tar, breaks),
  }
  return breaks.has('fails-file-calls') ? failing(files) : files
}

function failing(files: DriverFileSystem): DriverFileSystem {
  const fail = async (): Promise<never> => {
    throw new SandboxError('FILE', 'refused on purpose', { errno: 'EIO' })
  }
  return { ...files, stat: fail, list: fail, write: fail, makeDirectory: fail }
}
