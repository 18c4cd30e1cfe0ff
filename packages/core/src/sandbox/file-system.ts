import type { DirectoryEntry, FileKind, WatchEvent } from '../driver.ts'

/** What `stat` and `lstat` tell. Names as in `node:fs`. */
export interface SandboxStats {
  readonly kind: FileKind
  /** Bytes. */
  readonly size: number
  /** Permission bits, `0o7777` at most. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly nlink: number
  readonly ino: number
  /** Milliseconds since the epoch, with fractions. */
  readonly mtimeMs: number
  readonly atimeMs: number
  readonly ctimeMs: number
  readonly mtime: Date
  /** Whether it is a regular file. */
  isFile(): boolean
  /** Whether it is a folder. */
  isDirectory(): boolean
  /** Whether it is a link; only `lstat` says so. */
  isSymbolicLink(): boolean
}

/** Options of `readFile`. */
export interface ReadFileOptions {
  /** `utf8` gives a string (with U+FFFD for what is not UTF-8); missing gives bytes. */
  readonly encoding?: 'utf8' | 'utf-8' | null | undefined
  /** Larger files are refused with `LIMIT`. Default 64 MiB. */
  readonly maxBytes?: number | undefined
}

/** Options of `writeFile` and `appendFile`. */
export interface WriteFileOptions {
  /** Permission bits of a file that is made. Default `0o644`. */
  readonly mode?: number | undefined
  /** `w` replaces, `a` appends, `wx` fails with `EEXIST`. Default `w`. */
  readonly flag?: 'w' | 'a' | 'wx' | undefined
  /** Makes missing folders above. Default `false`, as in Node. */
  readonly parents?: boolean | undefined
}

/** A tar stream to unpack: POSIX (pax), ustar or GNU. */
export type TarInput = Uint8Array | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>

/**
 * Files, as the sandbox sees them: every operation is performed inside, with the sandbox's rights, so
 * that no link which the sandbox planted leads to a file of the host. Names and meanings are those of
 * `node:fs/promises`; relative paths are taken from the sandbox's working directory. Failures are
 * `SandboxError` `FILE` with `errno` and `path`, and a hint when the policy is the reason.
 */
export interface SandboxFileSystem {
  /** The whole file as bytes. */
  readFile(path: string, options?: ReadFileOptions & { encoding?: null }): Promise<Uint8Array>
  /** The whole file as text. */
  readFile(
    path: string,
    options: 'utf8' | 'utf-8' | (ReadFileOptions & { encoding: 'utf8' | 'utf-8' }),
  ): Promise<string>
  /** Not atomic: a reader inside can see a part. */
  writeFile(path: string, data: string | Uint8Array, options?: WriteFileOptions): Promise<void>
  /** Appends; makes the file when it is missing. */
  appendFile(path: string, data: string | Uint8Array, options?: WriteFileOptions): Promise<void>
  /** Facts of a file; follows links. */
  stat(path: string): Promise<SandboxStats>
  /** Like `stat`, of a link itself. */
  lstat(path: string): Promise<SandboxStats>
  /** Rejects unless something is there. Says nothing of rights. */
  access(path: string): Promise<void>
  /** `false` only when it is certain that nothing is there; when that cannot be told, it rejects. */
  exists(path: string): Promise<boolean>
  /** Names in a folder, in no order. */
  readdir(path: string, options?: { withFileTypes?: false }): Promise<string[]>
  /** Names in a folder, with what each is. */
  readdir(path: string, options: { withFileTypes: true }): Promise<DirectoryEntry[]>
  /** `mode` defaults to `0o755`. */
  mkdir(path: string, options?: { recursive?: boolean; mode?: number }): Promise<void>
  /** Makes a new folder with mode `0o700` whose name begins with `prefix`, and gives its path. */
  mkdtemp(prefix: string): Promise<string>
  /** Removes a file or link; with `recursive` a folder with all below it, following no link. */
  rm(path: string, options?: { recursive?: boolean; force?: boolean }): Promise<void>
  /** Removes an empty folder. */
  rmdir(path: string): Promise<void>
  /** Removes a file or link. */
  unlink(path: string): Promise<void>
  /** Renames; replaces a file that has the new name. */
  rename(from: string, to: string): Promise<void>
  /** Copies a regular file; replaces one that has the new name. */
  copyFile(from: string, to: string): Promise<void>
  /** Copies a file, or with `recursive` a folder; links are copied as links. */
  cp(from: string, to: string, options?: { recursive?: boolean }): Promise<void>
  /** Sets permission bits; follows links. */
  chmod(path: string, mode: number): Promise<void>
  /** The target of a link, as it is written in it. */
  readlink(path: string): Promise<string>
  /** The path with every link resolved, as the sandbox sees it. */
  realpath(path: string): Promise<string>
  /** Makes a link; `target` is not looked at. */
  symlink(target: string, path: string): Promise<void>
  /** Cuts a file to a length (default 0), or lengthens it with zeros. */
  truncate(path: string, length?: number): Promise<void>
  /** Numbers are seconds since the epoch, as in Node. */
  utimes(path: string, atime: number | Date, mtime: number | Date): Promise<void>
  /** Unpacks a tar below an existing folder. Nothing lands outside it, no link is followed. */
  upload(path: string, tar: TarInput): Promise<void>
  /** What lies below a path, as a pax tar. Written by the sandbox: unpack it as hostile data. */
  download(path: string): ReadableStream<Uint8Array>
  /** Changes at a path until the signal is aborted, the loop is left, or the sandbox ends. */
  watch(
    path: string,
    options?: { recursive?: boolean; signal?: AbortSignal },
  ): AsyncIterableIterator<WatchEvent>
}
