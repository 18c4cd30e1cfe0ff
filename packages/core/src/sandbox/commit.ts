import type { DriverOverlays } from '../driver.ts'
import { SandboxError } from '../errors.ts'
import { HostFolder } from './host-folder.ts'
import { linkFault } from './link-target.ts'
import type { SandboxChange, SkippedChange } from './overlays.ts'

/** A change that cannot be carried over, and why. */
class Refusal extends Error {}

/** What one mount's commit works with. */
export interface MountCommit {
  /** Canonical folder of the host. */
  readonly source: string
  readonly target: string
  readonly overlays: DriverOverlays
  readonly maxFileBytes: number
  /**
   * Most bytes in all files together. What the overlay may hold in memory, a host's disk may be asked for;
   * files with holes, and many links to one file, say that they are larger.
   */
  readonly maxBytes: number
}

/** What became of the changes of one mount. */
export interface MountOutcome {
  readonly committed: SandboxChange[]
  readonly skipped: SkippedChange[]
}

/** Errnos of the host in words that say what stood in the way. */
const whys: Readonly<Record<string, string>> = {
  ELOOP: 'a link stands in the way on the host',
  ENOTDIR: 'something that is not a folder stands in the way on the host',
  ENOTEMPTY: 'the folder on the host holds more than the sandbox removed or may remove',
  EEXIST: 'the folder on the host holds more than the sandbox removed or may remove',
  EISDIR: 'a folder has this name on the host',
  ENOENT: 'its folder does not exist on the host',
  EACCES: 'the host process may not write there',
  EPERM: 'the host process may not change it',
  EROFS: "the host's file system is read-only",
  ENOSPC: 'the disk of the host is full',
  EDQUOT: 'the quota of the host is used up',
  EBUSY: 'it is in use on the host',
  ENAMETOOLONG: 'its name is too long for the host',
}

function whyOf(error: unknown): string {
  if (error instanceof Refusal) return error.message
  if (SandboxError.is(error) && error.code === 'LIMIT')
    return 'it is too large, alone or with the files before it'
  if (SandboxError.is(error) && error.code === 'FILE')
    return `it cannot be read from the overlay (${error.errno ?? 'unknown'})`
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  // Names that this file system does not take, and the like: one change must not end the commit of the others.
  if (error instanceof Error && 'syscall' in error)
    return whys[code] ?? `the host refuses it (${code})`
  throw error
}

/** Opens the folder that a change lies in, below the mount's root, and does something there. */
async function inFolder(
  root: HostFolder,
  path: string,
  act: (folder: HostFolder, name: string) => Promise<void>,
): Promise<void> {
  const names = path.split('/')
  const name = names.pop() ?? ''
  let folder = root
  try {
    for (const one of names) {
      const outer = folder
      folder = await outer.enter(one)
      // One at a time: the sandbox chooses how deep it is.
      if (outer !== root) await outer[Symbol.asyncDispose]()
    }
    await act(folder, name)
  } finally {
    if (folder !== root) await folder[Symbol.asyncDispose]()
  }
}

/** Makes room for something that is not a folder where the host has an (emptied) folder, or the reverse. */
async function clear(folder: HostFolder, change: SandboxChange, name: string): Promise<void> {
  const kind = await folder.kindOf(name)
  const isClash = kind !== 'missing' && (kind === 'directory') !== (change.kind === 'directory')
  if (isClash) await folder.remove(name)
}

/** Carries a file over, and gives its size. */
async function applyFile(
  { overlays, target, maxFileBytes }: MountCommit,
  root: HostFolder,
  change: SandboxChange,
): Promise<number> {
  const data = await overlays.read(target, change.path, maxFileBytes)
  await inFolder(root, change.path, async (folder, name) => {
    await clear(folder, change, name)
    await folder.putFile(name, data, change.mode)
  })
  return data.length
}

async function apply(commit: MountCommit, root: HostFolder, change: SandboxChange): Promise<void> {
  const { overlays, target } = commit
  if (change.type === 'deleted')
    return inFolder(root, change.path, (folder, name) => folder.remove(name))
  if (change.kind === 'directory')
    return inFolder(root, change.path, async (folder, name) => {
      await clear(folder, change, name)
      // What follows has to be put into it, by a host process that may not be root.
      await folder.makeFolder(name, change.mode | 0o700)
    })
  if (change.kind !== 'symlink') throw new Refusal(`it is a ${change.kind}`)
  const link = await overlays.readLink(target, change.path)
  const fault = linkFault(link, change.path.split('/').length - 1)
  if (fault !== undefined) throw new Refusal(fault)
  return inFolder(root, change.path, async (folder, name) => {
    await clear(folder, change, name)
    await folder.putLink(name, link)
  })
}

/** Removals first, from the deepest up, so that folders are empty in time; then the rest, from the top down. */
function inOrder(changes: readonly SandboxChange[]): SandboxChange[] {
  const removed = changes.filter((change) => change.type === 'deleted').toReversed()
  return [...removed, ...changes.filter((change) => change.type !== 'deleted')]
}

async function openRoot(source: string): Promise<HostFolder> {
  if (process.platform !== 'linux')
    throw new SandboxError(
      'COMMIT_REFUSED',
      'a commit needs the descriptors of /proc, which only Linux has',
    )
  try {
    return await HostFolder.open(source)
  } catch (error) {
    throw new SandboxError(
      'COMMIT_REFUSED',
      `the source of a mount cannot be opened without following links: ${source}`,
      {
        path: source,
        cause: error,
      },
    )
  }
}

/** Carries changes of one mount to the host. What cannot be carried safely is skipped, and says why. */
export async function commitMount(
  commit: MountCommit,
  changes: readonly SandboxChange[],
): Promise<MountOutcome> {
  const outcome: MountOutcome = { committed: [], skipped: [] }
  if (changes.length === 0) return outcome
  await using root = await openRoot(commit.source)
  let room = commit.maxBytes
  for (const change of inOrder(changes)) {
    try {
      if (change.rule !== null) throw new Refusal(`the policy protects it (${change.rule})`)
      if (change.path.includes('\uFFFD')) throw new Refusal('its name is not UTF-8')
      if (change.kind === 'file' && change.type !== 'deleted') {
        const maxFileBytes = Math.min(commit.maxFileBytes, room)
        room -= await applyFile({ ...commit, maxFileBytes }, root, change)
      } else await apply(commit, root, change)
      outcome.committed.push(change)
    } catch (error) {
      outcome.skipped.push({ change, why: whyOf(error) })
    }
  }
  return outcome
}
