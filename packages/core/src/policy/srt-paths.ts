import { coveringLengths, globFault, parseGlob, residuals } from '../plan/glob.ts'
import { components, isWithin } from '../plan/inside-path.ts'
import type { NotCarriedOver, Note } from './srt-notes.ts'
import type { FilesystemPolicy, Mount } from './types.ts'

/** The lists of paths of the other runtime, absolute. */
export interface SrtPaths {
  readonly denyRead: readonly SrtPath[]
  readonly allowRead: readonly SrtPath[]
  readonly allowWrite: readonly SrtPath[]
  readonly denyWrite: readonly SrtPath[]
}

/** One path, and the setting that it was read from. */
export interface SrtPath {
  readonly setting: string
  readonly given: string
  readonly path: string
}

/** What became of the lists. */
export interface CarriedPaths {
  readonly filesystem: FilesystemPolicy
  readonly notCarriedOver: readonly NotCarriedOver[]
}

const globCharacters = /[*?[\]{}]/

function leave(of: SrtPath, note: Note): NotCarriedOver {
  return { path: of.setting, value: of.given, ...note }
}

/** The part of a glob before the first component with a wildcard. */
function literalPart(path: string): string {
  const names = path.split('/')
  const first = names.findIndex((name) => globCharacters.test(name))
  return first < 0 ? path : names.slice(0, first).join('/') || '/'
}

/** Whether a restriction may touch anything of a folder. */
function touches(of: SrtPath, folder: string): boolean {
  const literal = literalPart(of.path)
  return isWithin(folder, literal) || isWithin(literal, folder)
}

/**
 * The restriction as globs relative to a mount, none when it does not reach in; `undefined` when it
 * covers the mount as a whole or cannot be written here.
 */
function relativeGlobs(of: SrtPath, folder: string): readonly string[] | undefined {
  if (globFault(of.path) !== undefined) return undefined
  const glob = parseGlob(of.path).components
  const path = components(folder)
  if (coveringLengths(glob, path).length > 0) return undefined
  return residuals(glob, path).map((rest) => rest.join('/'))
}

/** Places that are no matter of mounts, and why. */
const places: readonly { readonly trees: readonly string[]; readonly note: Note }[] = [
  {
    trees: ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64'],
    note: { why: 'the system view shows it, read-only', instead: 'nothing is needed to read it' },
  },
  {
    trees: ['/proc', '/sys', '/dev', '/run'],
    note: { why: 'the sandbox has its own, or none', instead: 'nothing is needed' },
  },
]

const ownTmp: Note = {
  why: 'the sandbox has a private /tmp',
  instead: 'mount the folder in it that is shared',
}
const tooWide: Note = {
  why: 'it holds what the sandbox makes for itself',
  instead: 'mount the folders in it that commands need',
}
const noGlob: Note = {
  why: 'a mount is one folder or file, no pattern',
  instead: 'add a mount for each',
}
const unreadable: Note = {
  why: 'denyRead hides all of it or around it, and a folder that is written can be read here',
  instead: 'add the mount by hand when it may be read',
}

/** What narrows mounts: those that it touches and cannot be written down for lose the right. */
interface Narrowed {
  readonly globs: readonly string[]
  readonly lost: ReadonlySet<string>
}

function narrow(restrictions: readonly SrtPath[], folders: readonly string[]): Narrowed {
  const globs: string[] = []
  const lost = new Set<string>()
  for (const restriction of restrictions) {
    for (const folder of folders.filter((one) => touches(restriction, one))) {
      const inside = relativeGlobs(restriction, folder)
      if (inside === undefined) lost.add(folder)
      else globs.push(...inside)
    }
  }
  return { globs: [...new Set(globs)], lost }
}

/** Which entries of a list of allowed paths can be mounts at all. */
function asMounts(list: readonly SrtPath[]): {
  readonly mounts: readonly SrtPath[]
  readonly left: readonly NotCarriedOver[]
} {
  const noteOf = (one: SrtPath): Note | undefined => {
    if (globCharacters.test(one.path)) return noGlob
    if (['/tmp', '/var/tmp', '/private/tmp'].includes(one.path)) return ownTmp
    if (['/', '/etc', '/home'].includes(one.path)) return tooWide
    return places.find(({ trees }) => trees.some((tree) => isWithin(one.path, tree)))?.note
  }
  return {
    mounts: list.filter((one) => noteOf(one) === undefined),
    left: list.flatMap((one) => {
      const note = noteOf(one)
      return note === undefined ? [] : [leave(one, note)]
    }),
  }
}

/** Reading is allowed again inside what is hidden, when `allowRead` names the folder or one inside. */
function isReadAgain(
  folder: string,
  allowRead: readonly SrtPath[],
  denyRead: readonly SrtPath[],
): boolean {
  return denyRead
    .filter((one) => isWithin(folder, one.path))
    .every((denied) =>
      allowRead.some((one) => isWithin(folder, one.path) && isWithin(one.path, denied.path)),
    )
}

/**
 * Turns a list of exceptions from "everything can be read" into a list of what can be: folders that
 * could be written become `write` mounts, folders named in `allowRead` become `read` mounts, and all
 * else is not there. Nothing becomes readable or writable that was not.
 */
export function carryPaths(paths: SrtPaths): CarriedPaths {
  const write = asMounts(paths.allowWrite)
  const read = asMounts(paths.allowRead)
  const isHidden = (one: SrtPath): boolean =>
    !isReadAgain(one.path, paths.allowRead, paths.denyRead)
  const writable = write.mounts.filter((one) => !isHidden(one))
  const readable = read.mounts.filter(
    (one) => !writable.some((other) => isWithin(one.path, other.path)),
  )
  const folders = [...new Set([...writable, ...readable].map((one) => one.path))]
  // What lies around a mount was judged above; what lies in it becomes a glob.
  const inner = paths.denyRead.filter(
    (one) => !folders.some((folder) => isWithin(folder, one.path)),
  )
  const deny = narrow(inner, folders)
  const protect = narrow(paths.denyWrite, folders)
  const kept = folders.filter((folder) => !deny.lost.has(folder))
  const mounts = kept.map((source): Mount => {
    const isWritable = writable.some((one) => one.path === source) && !protect.lost.has(source)
    return { source, access: isWritable ? 'write' : 'read' }
  })
  const demoted = [...writable, ...readable].filter((one) => deny.lost.has(one.path))
  return {
    filesystem: { mounts, deny: deny.globs, protect: protect.globs },
    notCarriedOver: [
      ...write.left,
      ...read.left,
      ...write.mounts.filter(isHidden).map((one) => leave(one, unreadable)),
      ...demoted.map((one) => leave(one, unreadable)),
      ...writable
        .filter((one) => protect.lost.has(one.path))
        .map((one) =>
          leave(one, {
            why: 'denyWrite names it, what lies around it, or a pattern that has no equal here',
            instead: 'it is mounted `read`; make it `write` and list `protect` by hand',
          }),
        ),
    ],
  }
}
