import { isWithin } from '../plan/inside-path.ts'
import { deepFreeze } from './plain-value.ts'
import { diffNetwork } from './diff-network.ts'
import { diffRecord } from './diff-record.ts'
import { change, diffLimit, diffList, type PolicyChange, stable } from './diff-lists.ts'
import type { FilesystemPolicy, Mount, Policy, ProcessPolicy, ResourcePolicy } from './types.ts'

/** What each access grants; `write` reaches the host, `overlay` a copy. */
const rights: Readonly<Record<Mount['access'], number>> = { read: 0, overlay: 1, write: 2 }

function place(mount: Mount): string {
  return stable([mount.source, mount.target ?? null])
}

function written(mount: Mount): string {
  const at = mount.target === undefined ? '' : ` at ${JSON.stringify(mount.target)}`
  return `${JSON.stringify(mount.source)}${at} (${mount.access})`
}

function diffMounts(before: readonly Mount[], after: readonly Mount[]): readonly PolicyChange[] {
  const clause = 'filesystem.mounts'
  const old = new Map(before.map((mount) => [place(mount), mount]))
  const now = new Map(after.map((mount) => [place(mount), mount]))
  const same = [...now].flatMap(([key, mount]): readonly PolicyChange[] => {
    const was = old.get(key)
    if (was === undefined) return [change(clause, 'widens', `adds ${written(mount)}`)]
    if (was.access === mount.access) return []
    const effect = rights[mount.access] > rights[was.access] ? 'widens' : 'narrows'
    return [change(clause, effect, `${written(was)} becomes ${mount.access}`)]
  })
  const gone = [...old].filter(([key]) => !now.has(key))
  return [...same, ...gone.flatMap(([, mount]) => diffRemovedMount(mount, after))]
}

/** A nested mount may have been what covered the files of a wider one, or kept them from change. */
function diffRemovedMount(mount: Mount, after: readonly Mount[]): readonly PolicyChange[] {
  const narrows = change('filesystem.mounts', 'narrows', `removes ${written(mount)}`)
  const inside = mount.target ?? mount.source
  const isCover = after.some(
    (other) =>
      rights[other.access] > rights[mount.access] || isWithin(inside, other.target ?? other.source),
  )
  if (!isCover) return [narrows]
  const text = `removes ${written(mount)}, which may have covered files of another mount`
  return [narrows, change('filesystem.mounts', 'widens', text)]
}

function diffSystem(
  before: FilesystemPolicy['system'],
  after: FilesystemPolicy['system'],
): readonly PolicyChange[] {
  const [from, to] = [stable(before ?? 'host'), stable(after ?? 'host')]
  if (from === to) return []
  const clause = 'filesystem.system'
  if (to === '"none"') return [change(clause, 'narrows', `${from} becomes ${to}`)]
  // Two views hold different files, so each shows something that the other does not.
  const widened = change(clause, 'widens', `${from} becomes ${to}`)
  return from === '"none"' ? [widened] : [widened, { ...widened, effect: 'narrows' }]
}

function diffFilesystem(a: FilesystemPolicy, b: FilesystemPolicy): readonly PolicyChange[] {
  const write = (glob: string): string => JSON.stringify(glob)
  const [from, to] = [a.protectDefaults ?? true, b.protectDefaults ?? true]
  const defaults =
    from === to
      ? []
      : [
          change(
            'filesystem.protectDefaults',
            to ? 'narrows' : 'widens',
            `the built-in list of protected paths is switched ${to ? 'on' : 'off'}`,
          ),
        ]
  const lists = (['deny', 'protect'] as const).flatMap((name) =>
    diffList({
      clause: `filesystem.${name}`,
      direction: 'restricts',
      before: a[name] ?? [],
      after: b[name] ?? [],
      write,
    }),
  )
  return [
    ...diffSystem(a.system, b.system),
    ...diffMounts(a.mounts ?? [], b.mounts ?? []),
    ...lists,
    ...defaults,
    ...diffLimit({ clause: 'filesystem.tmpMiB', before: a.tmpMiB ?? 512, after: b.tmpMiB ?? 512 }),
  ]
}

/** Every limit and its default. */
const limits: readonly (readonly [keyof ResourcePolicy, number | null])[] = [
  ['cpus', null],
  ['memoryMiB', 2048],
  ['pids', 512],
  ['diskMiB', 1024],
  ['openFiles', 4096],
  ['wallTimeMs', null],
  ['outputBytes', null],
]

function diffResources(a: ResourcePolicy, b: ResourcePolicy): readonly PolicyChange[] {
  return limits.flatMap(([key, otherwise]) =>
    diffLimit({
      clause: `resources.${key}`,
      before: a[key] ?? otherwise,
      after: b[key] ?? otherwise,
    }),
  )
}

function diffProcess(a: ProcessPolicy, b: ProcessPolicy): readonly PolicyChange[] {
  const changes: PolicyChange[] = []
  const [sockets, socketsNow] = [a.unixSockets ?? true, b.unixSockets ?? true]
  if (sockets !== socketsNow) {
    const text = `Unix sockets become ${socketsNow ? 'allowed' : 'refused'}`
    changes.push(change('process.unixSockets', socketsNow ? 'widens' : 'narrows', text))
  }
  const [user, userNow] = [a.user ?? 'caller', b.user ?? 'caller']
  if (user !== userNow) {
    // Another user can touch other files, so the change goes both ways.
    const text = `runs as ${userNow} instead of ${user}`
    changes.push(change('process.user', 'widens', text), change('process.user', 'narrows', text))
  }
  return changes
}

/** A policy with its missing sections empty, which is what they mean. */
function withSections(policy: Policy): {
  readonly [Key in keyof Policy]-?: NonNullable<Policy[Key]>
} {
  return {
    filesystem: policy.filesystem ?? {},
    network: policy.network ?? {},
    credentials: policy.credentials ?? {},
    environment: policy.environment ?? {},
    resources: policy.resources ?? {},
    process: policy.process ?? {},
  }
}

/**
 * What policy `b` lets a sandbox reach, write and use that `a` did not (`widens`), and what it no
 * longer does (`narrows`). Compares what is written, with defaults filled in, and knows no host: where
 * the effect of a change depends on more, it is told as `widens`. Equal policies give no changes.
 */
export function diffPolicy(a: Policy, b: Policy): readonly PolicyChange[] {
  const [from, to] = [withSections(a), withSections(b)]
  return deepFreeze([
    ...diffFilesystem(from.filesystem, to.filesystem),
    ...diffNetwork(from.network, to.network),
    ...diffRecord({
      clause: 'credentials',
      direction: 'grants',
      before: from.credentials,
      after: to.credentials,
    }),
    ...diffRecord({
      clause: 'environment',
      direction: 'grants',
      before: from.environment,
      after: to.environment,
    }),
    ...diffResources(from.resources, to.resources),
    ...diffProcess(from.process, to.process),
  ])
}
