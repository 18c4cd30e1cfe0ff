import { randomBytes } from 'node:crypto'
import { dirname } from 'node:path/posix'
import type { DirectoryEntry, DriverFileSystem, FileStat, WatchEvent } from '../driver.ts'
import { SandboxError } from '../errors.ts'
import type { SandboxContext } from './context.ts'
import { explainFileError } from './file-error.ts'
import type {
  ReadFileOptions,
  SandboxFileSystem,
  SandboxStats,
  TarInput,
  WriteFileOptions,
} from './file-system.ts'
import { resolveInside } from './inside-path.ts'
import { tarChunks, tarStream } from './tar-stream.ts'

const defaultReadBytes = 64 * 1024 * 1024
const writeHow = { w: 'replace', a: 'append', wx: 'new' } as const
const absent = new Set(['ENOENT', 'ENOTDIR'])

function hasErrno(error: unknown, ...errnos: readonly string[]): boolean {
  return SandboxError.is(error) && error.errno !== undefined && errnos.includes(error.errno)
}

function refusal(errno: string, path: string, what: string): SandboxError {
  return new SandboxError('FILE', `${errno}: ${what}: ${path}`, { errno, path })
}

function toStats(stat: FileStat): SandboxStats {
  const { kind, size, mode, uid, gid, links, inode, modifiedMs, accessedMs, changedMs } = stat
  return {
    kind,
    size,
    mode,
    uid,
    gid,
    nlink: links,
    ino: inode,
    mtimeMs: modifiedMs,
    atimeMs: accessedMs,
    ctimeMs: changedMs,
    mtime: new Date(modifiedMs),
    isFile: () => kind === 'file',
    isDirectory: () => kind === 'directory',
    isSymbolicLink: () => kind === 'symlink',
  }
}

function toMs(time: number | Date): number {
  return typeof time === 'number' ? time * 1000 : time.getTime()
}

/** `fs` of a sandbox, over its driver's. */
export class GuestFiles implements SandboxFileSystem {
  readonly #context: SandboxContext

  constructor(context: SandboxContext) {
    this.#context = context
  }

  readFile(path: string, options?: ReadFileOptions & { encoding?: null }): Promise<Uint8Array>
  readFile(
    path: string,
    options: 'utf8' | 'utf-8' | (ReadFileOptions & { encoding: 'utf8' | 'utf-8' }),
  ): Promise<string>
  async readFile(
    path: string,
    options: 'utf8' | 'utf-8' | ReadFileOptions = {},
  ): Promise<Uint8Array | string> {
    const asked: ReadFileOptions = typeof options === 'string' ? { encoding: options } : options
    const maxBytes = asked.maxBytes ?? defaultReadBytes
    const bytes = await this.#at(path, (fs, full) => fs.read(full, maxBytes))
    return typeof asked.encoding === 'string' ? new TextDecoder().decode(bytes) : bytes
  }

  async writeFile(
    path: string,
    data: string | Uint8Array,
    options: WriteFileOptions = {},
  ): Promise<void> {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
    const how = writeHow[options.flag ?? 'w']
    const mode = options.mode ?? 0o644
    await this.#at(path, async (fs, full) => {
      if (options.parents === true) await fs.makeDirectory(dirname(full), true, 0o755)
      await fs.write(full, bytes, { how, mode })
    })
  }

  appendFile(path: string, data: string | Uint8Array, options?: WriteFileOptions): Promise<void> {
    return this.writeFile(path, data, { ...options, flag: 'a' })
  }

  async stat(path: string): Promise<SandboxStats> {
    return toStats(await this.#at(path, (fs, full) => fs.stat(full, true)))
  }

  async lstat(path: string): Promise<SandboxStats> {
    return toStats(await this.#at(path, (fs, full) => fs.stat(full, false)))
  }

  async access(path: string): Promise<void> {
    await this.stat(path)
  }

  async exists(path: string): Promise<boolean> {
    try {
      await this.stat(path)
      return true
    } catch (error) {
      if (hasErrno(error, ...absent)) return false
      throw error
    }
  }

  readdir(path: string, options?: { withFileTypes?: false }): Promise<string[]>
  readdir(path: string, options: { withFileTypes: true }): Promise<DirectoryEntry[]>
  async readdir(
    path: string,
    options: { withFileTypes?: boolean } = {},
  ): Promise<string[] | DirectoryEntry[]> {
    const entries = await this.#at(path, (fs, full) => fs.list(full))
    return options.withFileTypes === true ? entries : entries.map((entry) => entry.name)
  }

  mkdir(path: string, options: { recursive?: boolean; mode?: number } = {}): Promise<void> {
    const { recursive = false, mode = 0o755 } = options
    return this.#at(path, (fs, full) => fs.makeDirectory(full, recursive, mode))
  }

  async mkdtemp(prefix: string): Promise<string> {
    const path = `${resolveInside(this.#context.plan, prefix)}${randomBytes(6).toString('hex')}`
    await this.mkdir(path, { mode: 0o700 })
    return path
  }

  async rm(path: string, options: { recursive?: boolean; force?: boolean } = {}): Promise<void> {
    const { recursive = false, force = false } = options
    try {
      await this.#at(path, async (fs, full) => {
        const { kind } = await fs.stat(full, false)
        if (kind === 'directory' && !recursive)
          throw refusal('EISDIR', full, 'a folder is removed with recursive or rmdir')
        await fs.remove(full, recursive)
      })
    } catch (error) {
      if (!force || !hasErrno(error, 'ENOENT')) throw error
    }
  }

  rmdir(path: string): Promise<void> {
    return this.#at(path, async (fs, full) => {
      const { kind } = await fs.stat(full, false)
      if (kind !== 'directory') throw refusal('ENOTDIR', full, 'not a folder')
      await fs.remove(full, false)
    })
  }

  unlink(path: string): Promise<void> {
    return this.#at(path, async (fs, full) => {
      const { kind } = await fs.stat(full, false)
      if (kind === 'directory')
        throw refusal('EISDIR', full, 'a folder is removed with rmdir or rm')
      await fs.remove(full, false)
    })
  }

  rename(from: string, to: string): Promise<void> {
    const target = resolveInside(this.#context.plan, to)
    return this.#at(from, (fs, full) => fs.rename(full, target))
  }

  copyFile(from: string, to: string): Promise<void> {
    return this.cp(from, to)
  }

  cp(from: string, to: string, options: { recursive?: boolean } = {}): Promise<void> {
    const target = resolveInside(this.#context.plan, to)
    return this.#at(from, async (fs, full) => {
      const { kind } = await fs.stat(full, false)
      if (kind === 'directory' && options.recursive !== true)
        throw refusal('EISDIR', full, 'a folder is copied with recursive')
      await fs.copy(full, target)
    })
  }

  chmod(path: string, mode: number): Promise<void> {
    return this.#at(path, (fs, full) => fs.chmod(full, mode))
  }

  readlink(path: string): Promise<string> {
    return this.#at(path, (fs, full) => fs.readLink(full))
  }

  realpath(path: string): Promise<string> {
    return this.#at(path, (fs, full) => fs.realPath(full))
  }

  symlink(target: string, path: string): Promise<void> {
    return this.#at(path, (fs, full) => fs.symlink(target, full))
  }

  truncate(path: string, length = 0): Promise<void> {
    return this.#at(path, (fs, full) => fs.truncate(full, length))
  }

  utimes(path: string, atime: number | Date, mtime: number | Date): Promise<void> {
    return this.#at(path, (fs, full) => fs.setTimes(full, toMs(atime), toMs(mtime)))
  }

  upload(path: string, tar: TarInput): Promise<void> {
    return this.#at(path, (fs, full) => fs.tarIn(full, tarChunks(tar)))
  }

  download(path: string): ReadableStream<Uint8Array> {
    const { lifeline, session, plan } = this.#context
    lifeline.check()
    const full = resolveInside(plan, path)
    return tarStream(session.fs.tarOut(full), lifeline, (error) =>
      explainFileError(plan, full, error),
    )
  }

  async *watch(
    path: string,
    options: { recursive?: boolean; signal?: AbortSignal } = {},
  ): AsyncGenerator<WatchEvent, void, undefined> {
    const { lifeline, session, plan } = this.#context
    lifeline.check()
    const full = resolveInside(plan, path)
    const { recursive = false, signal } = options
    const events = session.fs.watch(full, { recursive, signal })[Symbol.asyncIterator]()
    try {
      for (;;) {
        const next = await lifeline.during(() => events.next())
        if (next.done === true) return
        yield next.value
      }
    } catch (error) {
      throw explainFileError(plan, full, error)
    } finally {
      // Not waited for: after the sandbox's end a driver's iterator may have nobody to answer it.
      void events.return?.().catch(() => undefined)
    }
  }

  /** Performs an operation at a path of a living sandbox. */
  async #at<T>(path: string, act: (fs: DriverFileSystem, full: string) => Promise<T>): Promise<T> {
    const { lifeline, session, plan } = this.#context
    lifeline.check()
    const full = resolveInside(plan, path)
    try {
      return await lifeline.during(() => act(session.fs, full))
    } catch (error) {
      throw explainFileError(plan, full, error)
    }
  }
}
