import type { FileKind } from '../driver.ts'
import { coveringLengths } from './glob.ts'
import { below, components, isWithin } from './inside-path.ts'
import { byDepth } from './mount-places.ts'
import type { PathRule, PlannedMount, SandboxPlan } from './types.ts'

/**
 * What a path inside is to the sandbox.
 *
 * | word | is |
 * |---|---|
 * | `none` | nothing of the host is there; the sandbox's root is read-only |
 * | `hidden` | covered by a `deny` rule |
 * | `read`, `write`, `overlay` | in a mount of that access |
 * | `protected` | read-only in a writable mount, or never committed from an overlay |
 * | `system` | part of the read-only system view, or of `/proc` and `/dev` |
 * | `scratch` | the private `/tmp` or home, writable and gone with the sandbox |
 */
export type Access =
  'none' | 'hidden' | 'read' | 'protected' | 'write' | 'overlay' | 'system' | 'scratch'

/** The answer for one path, and the clause that gives it. */
export interface ResolvedAccess {
  readonly access: Access
  /** `filesystem.mounts[0]`, `filesystem.deny[1]`, `protectDefaults:.git/hooks`, `filesystem.system` … */
  readonly rule: string
}

/** The parts of a plan that say what a path is. */
export type AccessPlan = Pick<SandboxPlan, 'mounts' | 'system' | 'scratch'>

/** Trees that the sandbox makes for itself. */
const ownTrees = ['/proc', '/dev'] as const

/**
 * The first rule that covers a path or a folder above it. A rule for one kind of file counts when the
 * kind is not known.
 *
 * @param path - components below the mount's root
 */
export function coveringRule(
  rules: readonly PathRule[],
  path: readonly string[],
  kind?: FileKind,
): PathRule | undefined {
  return rules.find((rule) =>
    coveringLengths(rule.components, path).some((length) => {
      // What has something below it is a folder; a link stands for whatever it leads to.
      const found = length < path.length ? 'directory' : kind
      if (rule.only === undefined || found === undefined || found === 'symlink') return true
      return (rule.only === 'directory') === (found === 'directory')
    }),
  )
}

function inMount(mount: PlannedMount, path: string, kind: FileKind | undefined): ResolvedAccess {
  const names = below(path, mount.target)
  const denied = coveringRule(mount.deny, names, kind)
  if (denied !== undefined) return { access: 'hidden', rule: denied.rule }
  const kept = coveringRule(mount.protect, names, kind)
  if (kept !== undefined) return { access: 'protected', rule: kept.rule }
  return { access: mount.access, rule: mount.rule }
}

/** Takes out `.`, `..` and doubled slashes, as text; links are the sandbox's own affair. */
function canonical(path: string): string {
  const kept: string[] = []
  for (const name of components(path)) {
    if (name === '..') kept.pop()
    else if (name !== '.') kept.push(name)
  }
  return `/${kept.join('/')}`
}

/** The system's part of the answer, for what lies in no mount. */
function outsideMounts(plan: AccessPlan, path: string): ResolvedAccess {
  const scratch = ['/tmp', plan.scratch.home].find((root) => isWithin(path, root))
  if (scratch !== undefined) return { access: 'scratch', rule: 'filesystem.tmpMiB' }
  const isOwn = ownTrees.some((root) => isWithin(path, root))
  const isShown = plan.system.some((entry) => isWithin(path, entry.path))
  return { access: isOwn || isShown ? 'system' : 'none', rule: 'filesystem.system' }
}

/**
 * What a path inside is to the sandbox: the deepest mount that holds it decides, and in that mount
 * `deny` comes before `protect`, and both before the mount's own access. Pure, and the same on every
 * driver; the order of lists does not matter.
 *
 * @param path - absolute, as the sandbox names it; symbolic links are not resolved
 * @param kind - what lies there, when the caller knows
 */
export function resolveAccess(plan: AccessPlan, path: string, kind?: FileKind): ResolvedAccess {
  const place = canonical(path)
  const mount = plan.mounts
    .filter((one) => isWithin(place, one.target))
    .sort(byDepth)
    .at(-1)
  return mount === undefined ? outsideMounts(plan, place) : inMount(mount, place, kind)
}
