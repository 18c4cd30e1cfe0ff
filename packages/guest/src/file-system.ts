import type {
  DirectoryEntry,
  DriverFileSystem,
  FileStat,
  WatchEvent,
  WriteOptions,
} from '@caisson/core'
import { FileCalls, nothing } from './file-calls.ts'
import { listDirectory } from './file-list.ts'
import { readFile } from './file-read.ts'
import { decodeStat, nanoseconds } from './file-stat.ts'
import { writeFile } from './file-write.ts'
import { copyTree, removeTree } from './file-tree.ts'
import { watchPath } from './file-watch.ts'
import { absolutePath, nameFromInside } from './inside-path.ts'
import type { GuestLink } from './link.ts'
import { bound, call } from './protocol.ts'
import { packTar, unpackTar } from './tar.ts'

/** File operations inside: small ones are calls that init answers, the others workers of init. */
export class GuestFileSystem implements DriverFileSystem {
  readonly #link: GuestLink
  readonly #calls: FileCalls

  constructor(link: GuestLink) {
    this.#link = link
    this.#calls = new FileCalls(link)
  }

  async stat(path: string, followLinks: boolean): Promise<FileStat> {
    return await this.#calls.call({
      operation: call.STAT,
      what: 'stat',
      path: absolutePath(path),
      fields: (to) => to.u8(followLinks ? 1 : 0).str(path),
      reply: decodeStat,
    })
  }

  async list(path: string): Promise<DirectoryEntry[]> {
    return await listDirectory(this.#calls, absolutePath(path))
  }

  async read(path: string, maxBytes: number): Promise<Uint8Array> {
    return await readFile(this.#calls, absolutePath(path), maxBytes)
  }

  async write(path: string, data: Uint8Array, options: WriteOptions): Promise<void> {
    await writeFile(this.#calls, { path: absolutePath(path), data, ...options })
  }

  async makeDirectory(path: string, recursive: boolean, mode: number): Promise<void> {
    await this.#calls.call({
      operation: call.MKDIR,
      what: 'mkdir',
      path: absolutePath(path),
      fields: (to) =>
        to
          .u8(recursive ? 1 : 0)
          .u32(mode)
          .str(path),
      reply: nothing,
    })
  }

  async remove(path: string, recursive: boolean): Promise<void> {
    if (recursive) return await removeTree(this.#link, absolutePath(path))
    await this.#calls.call({
      operation: call.UNLINK,
      what: 'remove',
      path: absolutePath(path),
      fields: (to) => to.str(path),
      reply: nothing,
    })
  }

  async rename(from: string, to: string): Promise<void> {
    absolutePath(to)
    await this.#calls.call({
      operation: call.RENAME,
      what: 'rename',
      path: absolutePath(from),
      fields: (writer) => writer.str(from).str(to),
      reply: nothing,
    })
  }

  async copy(from: string, to: string): Promise<void> {
    await copyTree(this.#link, absolutePath(from), absolutePath(to))
  }

  async chmod(path: string, mode: number): Promise<void> {
    await this.#calls.call({
      operation: call.CHMOD,
      what: 'chmod',
      path: absolutePath(path),
      fields: (to) => to.u32(mode).str(path),
      reply: nothing,
    })
  }

  async readLink(path: string): Promise<string> {
    return await this.#name(call.READLINK, 'readlink', path)
  }

  async realPath(path: string): Promise<string> {
    return await this.#name(call.REALPATH, 'realpath', path)
  }

  async symlink(target: string, path: string): Promise<void> {
    await this.#calls.call({
      operation: call.SYMLINK,
      what: 'symlink',
      path: absolutePath(path),
      fields: (to) => to.str(target).str(path),
      reply: nothing,
    })
  }

  async truncate(path: string, size: number): Promise<void> {
    if (!Number.isSafeInteger(size) || size < 0) throw new TypeError(`${size} is not a size`)
    await this.#calls.call({
      operation: call.TRUNCATE,
      what: 'truncate',
      path: absolutePath(path),
      fields: (to) => to.u64(size).str(path),
      reply: nothing,
    })
  }

  async setTimes(path: string, accessedMs: number, modifiedMs: number): Promise<void> {
    const [accessed, modified] = [nanoseconds(accessedMs), nanoseconds(modifiedMs)]
    await this.#calls.call({
      operation: call.UTIMES,
      what: 'utimes',
      path: absolutePath(path),
      fields: (to) => to.i64(accessed).i64(modified).str(path),
      reply: nothing,
    })
  }

  watch(
    path: string,
    options: { recursive: boolean; signal?: AbortSignal | undefined },
  ): AsyncIterable<WatchEvent> {
    return watchPath(this.#link, { path: absolutePath(path), ...options })
  }

  tarOut(path: string): AsyncIterable<Uint8Array> {
    return packTar(this.#link, absolutePath(path))
  }

  async tarIn(path: string, tar: AsyncIterable<Uint8Array>): Promise<void> {
    await unpackTar(this.#link, absolutePath(path), tar)
  }

  async #name(operation: number, what: string, path: string): Promise<string> {
    const raw = await this.#calls.call({
      operation,
      what,
      path: absolutePath(path),
      fields: (to) => to.str(path),
      reply: (from) => from.str(bound.PATH_BYTES_MAX + 1),
    })
    return nameFromInside(raw, `the ${what} of '${path}'`)
  }
}
