import type { Stats } from 'node:fs'
import type { FileKind, OverlayChange } from '../driver.ts'
import { SandboxError } from '../errors.ts'
import { HostFolder } from './host-folder.ts'

/** Deeper trees are not walked; a commit then finds their folders not empty, and skips them. */
const deepest = 128

function kindOf(stat: Stats): FileKind {
  if (stat.isDirectory()) return 'directory'
  if (stat.isFile()) return 'file'
  if (stat.isSymbolicLink()) return 'symlink'
  if (stat.isFIFO()) return 'fifo'
  return stat.isSocket() ? 'socket' : 'device'
}

/** What goes with a removed folder: walks the host's side of it, following no link. */
class RemovedTree {
  readonly #room: number
  readonly #seenMs: number
  readonly found: OverlayChange[] = []

  constructor(room: number, seenMs: number) {
    this.#room = room
    this.#seenMs = seenMs
  }

  async walk(folder: HostFolder, path: string, depth: number): Promise<void> {
    if (depth > deepest) return
    for (const name of await folder.list()) {
      const stat = await folder.stat(name)
      const kind = kindOf(stat)
      // Made or changed on the host since: the sandbox did not remove it, and so nor does a commit. A
      // folder's own time says nothing, as it moves with its names.
      if (kind !== 'directory' && stat.ctimeMs > this.#seenMs) continue
      const size = kind === 'file' ? stat.size : 0
      const below = `${path}/${name}`
      this.#add({ path: below, type: 'deleted', kind, size, mode: stat.mode & 0o7777 })
      if (kind !== 'directory') continue
      await using inner = await folder.enter(name)
      await this.walk(inner, below, depth + 1)
    }
  }

  #add(change: OverlayChange): void {
    if (this.found.length >= this.#room)
      throw new SandboxError('LIMIT', `removed folders hold more than ${this.#room} files`)
    this.found.push(change)
  }
}

function isOutOfReach(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return ['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES'].includes(code)
}

async function walkFrom(tree: RemovedTree, source: string, path: string): Promise<void> {
  try {
    await using folder = await HostFolder.open(`${source}/${path}`)
    await tree.walk(folder, path, 0)
  } catch (error) {
    // Gone from the host meanwhile, a link now, or not ours to read: there is nothing more to tell,
    // and a commit removes only what was told.
    if (!isOutOfReach(error)) throw error
  }
}

/** Bounds of the listing. */
export interface RemovedBounds {
  /** Most entries in all, else `LIMIT`. */
  readonly most: number
  /** What the host changed after this time (ms since the epoch) is not taken for removed. */
  readonly seenMs: number
}

/**
 * An overlay tells of a removed folder in one entry. This adds what was in it, so that every file that
 * a commit would remove is listed, can be filtered, and is held against the policy.
 */
export async function withRemoved(
  source: string,
  listed: readonly OverlayChange[],
  { most, seenMs }: RemovedBounds,
): Promise<OverlayChange[]> {
  const known = new Set(listed.map((change) => change.path))
  const complete: OverlayChange[] = []
  for (const change of listed) {
    complete.push(change)
    if (change.type !== 'deleted' || change.kind !== 'directory') continue
    const tree = new RemovedTree(most - complete.length, seenMs)
    await walkFrom(tree, source, change.path)
    for (const inner of tree.found) if (!known.has(inner.path)) complete.push(inner)
  }
  return complete
}
