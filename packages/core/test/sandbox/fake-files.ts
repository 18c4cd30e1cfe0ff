import { SandboxError } from '@caisson/core'
import type {
  DirectoryEntry,
  DriverFileSystem,
  FileKind,
  FileStat,
  WatchEvent,
  WriteOptions,
} from '@caisson/core'

interface Node {
  kind: FileKind
  data: Uint8Array
  mode: number
}

function failure(errno: string, path: string): SandboxError {
  return new SandboxError('FILE', `${errno} at ${path}`, { errno, path })
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

/** Files in memory; knows what tests need and refuses the rest. */
export class FakeFiles implements DriverFileSystem {
  readonly nodes = new Map<string, Node>()
  readonly calls: string[] = []
  /** Errno that every operation at a path fails with. */
  readonly faults = new Map<string, string>()
  readonly watched: WatchEvent[] = []
  uploaded = ''

  constructor() {
    for (const path of ['/', '/tmp', '/work']) this.folder(path)
  }

  folder(path: string): void {
    this.nodes.set(path, { kind: 'directory', data: new Uint8Array(), mode: 0o755 })
  }

  async stat(path: string): Promise<FileStat> {
    const { kind, data, mode } = this.#get(path)
    const times = { modifiedMs: 1000.5, accessedMs: 2000, changedMs: 3000 }
    return { kind, size: data.length, mode, uid: 1, gid: 2, links: 1, inode: 7, ...times }
  }

  async list(path: string): Promise<DirectoryEntry[]> {
    this.#get(path)
    return [...this.nodes]
      .filter(([one]) => one !== '/' && parentOf(one) === path)
      .map(([one, { kind }]) => ({ name: one.slice(one.lastIndexOf('/') + 1), kind }))
  }

  async read(path: string, maxBytes: number): Promise<Uint8Array> {
    const { data } = this.#get(path)
    if (data.length > maxBytes) throw new SandboxError('LIMIT', 'too large')
    return data
  }

  async write(path: string, data: Uint8Array, { how, mode }: WriteOptions): Promise<void> {
    this.#check(path)
    this.#get(parentOf(path))
    const old = this.nodes.get(path)
    if (how === 'new' && old !== undefined) throw failure('EEXIST', path)
    const before = how === 'append' ? (old?.data ?? new Uint8Array()) : new Uint8Array()
    this.nodes.set(path, {
      kind: 'file',
      data: Buffer.concat([before, data]),
      mode: old?.mode ?? mode,
    })
  }

  async makeDirectory(path: string, recursive: boolean, mode: number): Promise<void> {
    this.#check(path)
    if (recursive && path !== '/') await this.makeDirectory(parentOf(path), true, mode)
    if (this.nodes.has(path)) {
      if (recursive) return
      throw failure('EEXIST', path)
    }
    this.#get(parentOf(path))
    this.nodes.set(path, { kind: 'directory', data: new Uint8Array(), mode })
  }

  async remove(path: string, recursive: boolean): Promise<void> {
    this.#get(path)
    const below = [...this.nodes.keys()].filter((one) => one.startsWith(`${path}/`))
    if (below.length > 0 && !recursive) throw failure('ENOTEMPTY', path)
    for (const one of [path, ...below]) this.nodes.delete(one)
  }

  async rename(from: string, to: string): Promise<void> {
    const node = this.#get(from)
    this.nodes.delete(from)
    this.nodes.set(to, node)
  }

  async copy(from: string, to: string): Promise<void> {
    this.nodes.set(to, { ...this.#get(from) })
  }

  async chmod(path: string, mode: number): Promise<void> {
    this.#get(path).mode = mode
  }

  async readLink(path: string): Promise<string> {
    return new TextDecoder().decode(this.#get(path).data)
  }

  async realPath(path: string): Promise<string> {
    this.#get(path)
    return path
  }

  async symlink(target: string, path: string): Promise<void> {
    this.nodes.set(path, { kind: 'symlink', data: new TextEncoder().encode(target), mode: 0o777 })
  }

  async truncate(path: string, size: number): Promise<void> {
    const node = this.#get(path)
    node.data = node.data.slice(0, size)
  }

  async setTimes(path: string, accessedMs: number, modifiedMs: number): Promise<void> {
    this.#get(path)
    this.calls.push(`setTimes ${path} ${accessedMs} ${modifiedMs}`)
  }

  async *watch(
    path: string,
    options: { recursive: boolean; signal?: AbortSignal | undefined },
  ): AsyncGenerator<WatchEvent> {
    this.calls.push(`watch ${path} ${options.recursive}`)
    yield* this.watched
    // A folder in which nothing more happens.
    await new Promise(() => undefined)
  }

  async *tarOut(path: string): AsyncGenerator<Uint8Array> {
    this.#get(path)
    yield new TextEncoder().encode(`tar of ${path}`)
  }

  async tarIn(path: string, tar: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of tar) this.uploaded += `${path}:${new TextDecoder().decode(chunk)};`
  }

  #check(path: string): void {
    const errno = this.faults.get(path)
    if (errno !== undefined) throw failure(errno, path)
  }

  #get(path: string): Node {
    this.#check(path)
    const node = this.nodes.get(path)
    if (node === undefined) throw failure('ENOENT', path)
    return node
  }
}
