import { randomBytes } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  rename,
  rmdir,
  symlink,
  unlink,
} from 'node:fs/promises'

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants
const folderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW

/** What a name in a folder of the host is. */
export type HostKind = 'directory' | 'file' | 'other' | 'missing'

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

/**
 * An open folder of the host. Every name is looked up below the descriptor (through `/proc/self/fd`,
 * proc(5)), never by a path from the root: a folder that somebody swaps for a link meanwhile leads
 * nowhere.
 */
export class HostFolder implements AsyncDisposable {
  readonly #handle: FileHandle

  private constructor(handle: FileHandle) {
    this.#handle = handle
  }

  /** Opens a canonical path component by component, no link on the way. */
  static async open(path: string): Promise<HostFolder> {
    let folder = new HostFolder(await open('/', folderFlags))
    for (const name of path.split('/').filter((one) => one !== '')) {
      const outer = folder
      try {
        folder = await outer.enter(name)
      } finally {
        await outer[Symbol.asyncDispose]()
      }
    }
    return folder
  }

  /** Opens a folder in this one; a link is refused with `ELOOP` or `ENOTDIR`. */
  async enter(name: string): Promise<HostFolder> {
    return new HostFolder(await open(this.#place(name), folderFlags))
  }

  async kindOf(name: string): Promise<HostKind> {
    try {
      const stat = await lstat(this.#place(name))
      if (stat.isDirectory()) return 'directory'
      return stat.isFile() ? 'file' : 'other'
    } catch (error) {
      if (isMissing(error)) return 'missing'
      throw error
    }
  }

  /** The names in it, sorted. */
  async list(): Promise<string[]> {
    return (await readdir(`/proc/self/fd/${this.#handle.fd}`)).toSorted()
  }

  /** `lstat` of a name. */
  stat(name: string): Promise<Stats> {
    return lstat(this.#place(name))
  }

  /** Makes a folder, or gives an existing one new permission bits. */
  async makeFolder(name: string, mode: number): Promise<void> {
    const owner = await this.#ownerFor(name)
    if ((await this.kindOf(name)) !== 'directory') await mkdir(this.#place(name), 0o700)
    await using made = await this.enter(name)
    await made.#settle(owner, mode)
  }

  /** Writes a file under a name of its own and renames it into place, so that it is whole or not there. */
  async putFile(name: string, data: Uint8Array, mode: number): Promise<void> {
    const owner = await this.#ownerFor(name)
    await this.#replace(name, async (place) => {
      await using file = await open(place, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
      await file.writeFile(data)
      await settle(file, owner, mode)
    })
  }

  /** Puts a symbolic link in place of whatever has the name. */
  async putLink(name: string, target: string): Promise<void> {
    await this.#replace(name, (place) => symlink(target, place))
  }

  /** Removes a file, a link, or an empty folder. A missing one is nothing to remove. */
  async remove(name: string): Promise<void> {
    const kind = await this.kindOf(name)
    if (kind === 'missing') return
    await (kind === 'directory' ? rmdir : unlink)(this.#place(name))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#handle.close()
  }

  #place(name: string): string {
    if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name))
      throw new TypeError(`not a file name: ${JSON.stringify(name)}`)
    return `/proc/self/fd/${this.#handle.fd}/${name}`
  }

  async #replace(name: string, make: (place: string) => Promise<void>): Promise<void> {
    const temporary = this.#place(`.caisson-${randomBytes(8).toString('hex')}.tmp`)
    try {
      await make(temporary)
      await rename(temporary, this.#place(name))
    } catch (error) {
      await unlink(temporary).catch((failure: unknown) => {
        if (!isMissing(failure)) throw failure
      })
      throw error
    }
  }

  /** Who shall own what gets this name: the owner of what had it, else that of the folder. */
  async #ownerFor(name: string): Promise<{ uid: number; gid: number }> {
    const had = (await this.kindOf(name)) === 'missing' ? undefined : await lstat(this.#place(name))
    const { uid, gid } = had ?? (await this.#handle.stat())
    return { uid, gid }
  }

  #settle(owner: { uid: number; gid: number }, mode: number): Promise<void> {
    return settle(this.#handle, owner, mode)
  }
}

/** Only root can give files away; anybody else's files are their own already. */
async function settle(
  handle: FileHandle,
  owner: { uid: number; gid: number },
  mode: number,
): Promise<void> {
  if (process.geteuid?.() === 0) await handle.chown(owner.uid, owner.gid)
  // After chown, which clears bits; set-user-id, set-group-id and sticky bits are not carried over.
  await handle.chmod(mode & 0o777)
}
