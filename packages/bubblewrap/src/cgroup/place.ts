/**
 * Folders of the cgroup file systems in which this process may make cgroups, by controller. With
 * version 2 all three are the same folder; with version 1 each lies in its own hierarchy.
 */
export interface CgroupPlace {
  readonly version: 'v1' | 'v2'
  readonly memory?: string | undefined
  readonly pids?: string | undefined
  readonly cpu?: string | undefined
}

/** What finding a place needs of the host. */
export interface CgroupView {
  /** Content of a file, or `null` when it cannot be read. */
  read(path: string): string | null
  /** Whether this process may make folders there. */
  isWritable(path: string): boolean
}

interface CgroupMount {
  readonly isV2: boolean
  readonly controllers: readonly string[]
  /** Path of the cgroup that is mounted, `/` but in containers. */
  readonly root: string
  readonly point: string
}

const controllers = ['memory', 'pids', 'cpu'] as const
type Controller = (typeof controllers)[number]

/**
 * Where cgroups can be made for sandboxes, or `null`. Read from `/proc/self/cgroup` and
 * `/proc/self/mountinfo` (cgroups(7), proc(5)); version 2 wins where it holds memory and pids.
 */
export function findCgroupPlace(view: CgroupView, root: string | null): CgroupPlace | null {
  if (root !== null) return placeV2(view, [root])
  const mounts = parseMounts(view.read('/proc/self/mountinfo') ?? '')
  const own = parseOwn(view.read('/proc/self/cgroup') ?? '')
  return findV2(view, mounts, own) ?? findV1(view, mounts, own)
}

/** Controller (or `''` for version 2) to the path of this process's cgroup. */
function parseOwn(text: string): ReadonlyMap<string, string> {
  const own = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, names, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    if (names === undefined || path === undefined) continue
    for (const name of names.split(',')) own.set(name, path)
  }
  return own
}

function parseMounts(text: string): CgroupMount[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ')
    const [type = '', , options = ''] = after.split(' ')
    if (type !== 'cgroup' && type !== 'cgroup2') return []
    const fields = before.split(' ')
    const root = unescape(fields[3] ?? '')
    const point = unescape(fields[4] ?? '')
    return [{ isV2: type === 'cgroup2', controllers: options.split(','), root, point }]
  })
}

/** mountinfo writes blanks and backslashes as octal numbers. */
function unescape(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  )
}

function findV2(
  view: CgroupView,
  mounts: readonly CgroupMount[],
  own: ReadonlyMap<string, string>,
): CgroupPlace | null {
  const mount = mounts.find((one) => one.isV2)
  const folder = mount && folderOf(mount, own.get(''))
  if (mount === undefined || folder === undefined) return null
  const candidates = [folder]
  // A cgroup with processes in it cannot have children with controllers, so look above it too.
  for (let at = folder; at !== mount.point;) {
    at = at.slice(0, at.lastIndexOf('/'))
    candidates.push(at)
  }
  return placeV2(view, candidates)
}

function placeV2(view: CgroupView, candidates: readonly string[]): CgroupPlace | null {
  for (const path of candidates) {
    const given = (view.read(`${path}/cgroup.subtree_control`) ?? '').trim().split(/\s+/)
    if (!given.includes('memory') || !given.includes('pids')) continue
    // Moving a process also takes the right to write to the nearest common cgroup's list.
    if (!view.isWritable(path) || !view.isWritable(`${path}/cgroup.procs`)) continue
    const cpu = given.includes('cpu') ? path : undefined
    return { version: 'v2', memory: path, pids: path, cpu }
  }
  return null
}

function findV1(
  view: CgroupView,
  mounts: readonly CgroupMount[],
  own: ReadonlyMap<string, string>,
): CgroupPlace | null {
  const folder = (controller: Controller): string | undefined => {
    const mount = mounts.find((one) => !one.isV2 && one.controllers.includes(controller))
    const path = mount && folderOf(mount, own.get(controller))
    return path !== undefined && view.isWritable(path) ? path : undefined
  }
  const [memory, pids, cpu] = controllers.map(folder)
  if (memory === undefined && pids === undefined) return null
  return { version: 'v1', memory, pids, cpu }
}

function folderOf(mount: CgroupMount, path: string | undefined): string | undefined {
  if (path === undefined || path.includes('/..')) return undefined
  const root = mount.root === '/' ? '' : mount.root
  if (path !== root && !path.startsWith(`${root}/`)) return undefined
  const below = path.slice(root.length)
  return below === '/' ? mount.point : mount.point + below
}
