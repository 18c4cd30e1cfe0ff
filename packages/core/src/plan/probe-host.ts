import { lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { lstat, realpath, stat } from 'node:fs/promises'
import { homedir, userInfo } from 'node:os'
import { dirname, resolve } from 'node:path'
import { SandboxError } from '../errors.ts'
import type { Policy } from '../policy/types.ts'
import type { HostFacts, HostPathKind, SourceFact } from './host-facts.ts'
import { hostMountPoint, placeMounts } from './mount-places.ts'
import { wayOutClause } from './check-support.ts'
import { probeTrust } from './probe-trust.ts'
import { javaFolder, systemPaths } from './system-paths.ts'
import type { SystemEntry } from './types.ts'

/** Where `probeHost` starts from. */
export interface ProbeHostOptions {
  /** Folder that relative sources are taken from. Default: the working directory of the process. */
  readonly workingDirectory?: string | undefined
}

/** What a failed look at a path means. */
function kindOfFailure(error: unknown): 'missing' | 'unreadable' {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'unreadable'
}

function kindOf(found: { isDirectory(): boolean; isFile(): boolean }): SourceFact['kind'] {
  if (found.isDirectory()) return 'directory'
  return found.isFile() ? 'file' : 'other'
}

async function probeSource(given: string, workingDirectory: string): Promise<SourceFact> {
  try {
    const canonical = await realpath(resolve(workingDirectory, given))
    return { given, canonical, kind: kindOf(await stat(canonical)) }
  } catch (error) {
    return { given, canonical: null, kind: kindOfFailure(error) }
  }
}

async function probeMountPoint(path: string): Promise<HostPathKind> {
  try {
    if ((await realpath(path)) !== path) return 'symlink'
    return kindOf(await lstat(path))
  } catch (error) {
    return kindOfFailure(error)
  }
}

/**
 * How one path of the system view is to be shown; nothing when it is not there. `isPlain` says whether
 * no part of a folder's path is a link.
 */
function probeSystemPath(path: string, isPlain: (folder: string) => boolean): SystemEntry[] {
  try {
    // Below a link of the view, the link itself already leads there.
    if (!isPlain(dirname(path))) return []
    const found = lstatSync(path)
    if (found.isSymbolicLink()) return [{ kind: 'link', path, to: readlinkSync(path) }]
    return found.isDirectory() || found.isFile() ? [{ kind: 'bind', path }] : []
  } catch {
    // Not there, or not for this user: the view is smaller, which is the safe side.
    return []
  }
}

/**
 * The system view. At once and not through the thread pool: forty looks at a local `/etc` take less
 * time than handing them over and back.
 */
function probeSystem(): readonly SystemEntry[] {
  const known = new Map<string, boolean>()
  const isPlain = (folder: string): boolean => {
    const plain = known.get(folder) ?? realpathSync.native(folder) === folder
    known.set(folder, plain)
    return plain
  }
  const java = etcNames().filter((name) => javaFolder.test(name))
  const paths = [...systemPaths, ...java.map((name) => `/etc/${name}`).sort()]
  return paths.flatMap((path) => probeSystemPath(path, isPlain))
}

function etcNames(): readonly string[] {
  try {
    return readdirSync('/etc')
  } catch {
    // A machine without /etc has no Java there either.
    return []
  }
}

/** The home as the environment says, as the user database says, and both without links. */
async function probeHomes(): Promise<readonly string[]> {
  const given = [homedir()]
  try {
    given.push(userInfo().homedir)
  } catch {
    // A user without an entry in the database has no other home.
  }
  const canonical = await Promise.all(given.map((home) => realpath(home).catch(() => home)))
  return [...new Set([...given, ...canonical])].filter((home) => home.startsWith('/'))
}

/** The user of this process; there is none on Windows. */
function probeUser(): HostFacts['user'] {
  const uid = process.geteuid?.()
  const gid = process.getegid?.()
  if (uid !== undefined && gid !== undefined) return { uid, gid }
  throw new SandboxError('POLICY_UNSUPPORTED', 'this platform has no user ids to plan with')
}

/**
 * Looks at the host for everything that {@link planSandbox} must know to plan this policy: what the
 * sources of mounts are, which parts of the system view exist, and who the caller is. Changes
 * nothing.
 *
 * What was found may change before the sandbox starts; drivers open the paths of the plan without
 * following links, so that a change makes the launch fail rather than show something else.
 */
export async function probeHost(
  policy: Policy,
  options: ProbeHostOptions = {},
): Promise<HostFacts> {
  const workingDirectory = resolve(options.workingDirectory ?? process.cwd())
  const mounts = policy.filesystem?.mounts ?? []
  const isHostSystem = (policy.filesystem?.system ?? 'host') === 'host'
  const system = isHostSystem ? probeSystem() : []
  const [sources, homes, trust] = await Promise.all([
    Promise.all(mounts.map((mount) => probeSource(mount.source, workingDirectory))),
    probeHomes(),
    wayOutClause(policy) === null ? undefined : probeTrust(),
  ])
  const placed = placeMounts(mounts, sources)
  const points = placed.flatMap((one) => hostMountPoint(one, placed, system) ?? [])
  const kinds = await Promise.all(points.map(async (path) => [path, await probeMountPoint(path)]))
  return {
    user: probeUser(),
    homes,
    environment: { LANG: process.env['LANG'], TERM: process.env['TERM'] },
    system,
    sources,
    mountPoints: Object.fromEntries(kinds),
    trust,
  }
}
