import type { DriverOverlays, OverlayChange } from '../driver.ts'
import { SandboxError } from '../errors.ts'
import { globFault, globMatches, parseGlob } from '../plan/glob.ts'
import { components, isWithin } from '../plan/inside-path.ts'
import type { PlannedMount, SandboxPlan } from '../plan/types.ts'
import { ChangeRules } from './change-rules.ts'
import { withRemoved } from './removed-tree.ts'
import type { ChangeFilter, SandboxChange } from './overlays.ts'

const mostEntries = 100_000
/** Most names in the paths of all changes: what is done with each folder above each change is bounded by it. */
const mostNames = 20 * mostEntries

/** The overlay mounts of a plan. */
export function overlayMounts(plan: SandboxPlan): readonly PlannedMount[] {
  return plan.mounts.filter((mount) => mount.access === 'overlay')
}

/** Refuses what no honest driver hands over, a path that leaves the mount. Gives the number of its names. */
function checkPath(path: string): number {
  const names = path.split('/')
  if (names.some((name) => name === '' || name === '.' || name === '..') || path.includes('\0'))
    throw new SandboxError(
      'PROTOCOL',
      `an overlay lists an impossible path ${JSON.stringify(path)}`,
    )
  return names.length
}

function toChange(mount: PlannedMount, rules: ChangeRules, change: OverlayChange): SandboxChange {
  const rule = rules.rulingOf(change)?.rule ?? null
  const absolutePath = `${mount.target === '/' ? '' : mount.target}/${change.path}`
  return { ...change, mount: mount.target, absolutePath, protected: rule !== null, rule }
}

/** Where changes are read from. */
export interface ChangeSource {
  readonly plan: SandboxPlan
  readonly overlays: DriverOverlays
  /** When the host's state was last known to be the sandbox's, in ms since the epoch. */
  readonly seenMs: number
}

/** Every difference of one overlay, without the places where other mounts lie. */
export async function changesOf(
  { plan, overlays, seenMs }: ChangeSource,
  mount: PlannedMount,
): Promise<SandboxChange[]> {
  const inner = plan.mounts.filter((one) => one !== mount && isWithin(one.target, mount.target))
  const listed = await overlays.changes(mount.target, mostEntries)
  const names = listed.reduce((sum, { path }) => sum + checkPath(path), 0)
  if (names > mostNames)
    throw new SandboxError(
      'LIMIT',
      `the changes of ${mount.target} lie too deep to be looked through`,
      {
        path: mount.target,
      },
    )
  const complete = await withRemoved(mount.source, listed, { most: mostEntries, seenMs })
  const rules = new ChangeRules(mount)
  return complete
    .map((change) => toChange(mount, rules, change))
    .filter((change) => !inner.some((one) => isWithin(change.absolutePath, one.target)))
}

function globPicks(text: string): (change: SandboxChange) => boolean {
  const fault = globFault(text)
  if (fault !== undefined) throw new TypeError(`filter ${JSON.stringify(text)} ${fault}`)
  const { absolute, components: glob } = parseGlob(text)
  // A glob that only says "everything" is left empty by parsing.
  if (glob.length === 0) return () => true
  return ({ absolutePath, path }) => {
    const names = absolute ? components(absolutePath) : path.split('/')
    return names.some((_, index) => globMatches(glob, names.slice(0, index + 1)))
  }
}

/** A filter as a function; without one, everything is picked. */
export function toPicker(filter: ChangeFilter | undefined): (change: SandboxChange) => boolean {
  if (filter === undefined) return () => true
  if (typeof filter === 'function') return filter
  const picks = filter.map(globPicks)
  return (change) => picks.some((pick) => pick(change))
}
