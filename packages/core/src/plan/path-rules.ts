import type { FilesystemPolicy } from '../policy/types.ts'
import { isNaturallyNested } from './check-overlaps.ts'
import { coveringLengths, parseGlob, residuals } from './glob.ts'
import { below, components, isWithin } from './inside-path.ts'
import type { PlacedMount } from './mount-places.ts'
import { planFault } from './plan-fault.ts'
import { protectedPaths } from './protected-paths.ts'
import type { PathRule } from './types.ts'

/** Most rules of one mount, and most components of them in all, that `init` takes. */
const maxRules = 4096
const maxPositions = 8192

type Effect = 'deny' | 'protect'

/** A rule, and the mount below which its components are taken. */
interface PlacedRule {
  readonly effect: Effect
  readonly at: PlacedMount
  readonly rule: PathRule
}

/** The deny and protect rules of one mount. */
export interface MountRules {
  readonly deny: readonly PathRule[]
  readonly protect: readonly PathRule[]
}

const contradiction = 'remove the mount or narrow the rule'

function isWritable(placed: PlacedMount): boolean {
  return placed.mount.access !== 'read'
}

/** Refuses a mount that a rule covers whole: the two contradict each other. */
function refuseCovered(effect: Effect, rule: string, placed: PlacedMount): void {
  if (effect === 'protect' && !isWritable(placed)) return
  const what = effect === 'deny' ? 'is hidden' : 'is kept read-only'
  const hint = effect === 'deny' ? contradiction : 'mount it `read`, or narrow the rule'
  const message = `${placed.source} at \`${placed.target}\` ${what} as a whole by ${rule}`
  throw planFault(`filesystem.mounts[${placed.index}]`, message, hint)
}

/**
 * Whether a rule names a mount at `path` below it, so that the two contradict each other. A mount inside
 * what a rule hides or protects is more specific, and wins there.
 */
function isCovered(rule: PathRule, path: readonly string[]): boolean {
  return coveringLengths(rule.components, path).includes(path.length)
}

/** A rule as it holds in a mount that lies at `path` below the place where the rule begins. */
function taken(
  rule: PathRule,
  path: readonly string[],
  placing: { effect: Effect; at: PlacedMount },
): readonly PlacedRule[] {
  return residuals(rule.components, path)
    .filter((rest) => rest.length > 0)
    .map((rest) => ({ ...placing, rule: { ...rule, components: rest } }))
}

/** Where a relative glob holds: below each mount, and on into mounts that lie inside that one. */
function placeRelative(
  effect: Effect,
  rule: PathRule,
  all: readonly PlacedMount[],
): readonly PlacedRule[] {
  return all.flatMap((outer) =>
    all.flatMap((at) => {
      if (!isWithin(at.target, outer.target)) return []
      const path = below(at.target, outer.target)
      if (isCovered(rule, path)) refuseCovered(effect, rule.rule, at)
      return taken(rule, path, { effect, at })
    }),
  )
}

function placeAbsolute(
  effect: Effect,
  rule: PathRule,
  all: readonly PlacedMount[],
): readonly PlacedRule[] {
  const placed = all.flatMap((at) => {
    const path = components(at.target)
    if (isCovered(rule, path)) refuseCovered(effect, rule.rule, at)
    return taken(rule, path, { effect, at })
  })
  if (placed.length > 0) return placed
  throw planFault(
    rule.rule,
    'lies in no mount',
    'write it below the `target` of a mount, or relative',
  )
}

/** Places the globs of one list of the policy. */
function placeGlobs(
  effect: Effect,
  globs: readonly string[],
  all: readonly PlacedMount[],
): readonly PlacedRule[] {
  return globs.flatMap((text, index) => {
    const glob = parseGlob(text)
    const rule = { rule: `filesystem.${effect}[${index}]`, components: glob.components }
    if (rule.components.length === 0) {
      throw planFault(rule.rule, 'matches everything', 'name what is meant')
    }
    return (glob.absolute ? placeAbsolute : placeRelative)(effect, rule, all)
  })
}

/** Whether a mount is, or lies in, what the built-in list keeps. */
function isDefaultCovered(rule: PathRule, path: readonly string[], at: PlacedMount): boolean {
  const lengths = coveringLengths(rule.components, path)
  if (rule.only !== 'file') return lengths.length > 0
  return at.kind === 'file' && lengths.includes(path.length)
}

function refuseDefault(name: string, at: PlacedMount): never {
  const message = `${at.source} at \`${at.target}\` is kept read-only by ${name}`
  const hint = 'mount it `read`, or set `protectDefaults: false` and list what to protect'
  throw planFault(`filesystem.mounts[${at.index}]`, message, hint)
}

/**
 * Places the built-in list. Its globs match at any depth of the host, so a mount that begins inside a
 * `.git` is protected like the repository around it; the same for its place inside.
 */
function placeDefaults(all: readonly PlacedMount[]): readonly PlacedRule[] {
  const rules = protectedPaths.map(({ glob, only }) => ({
    rule: `protectDefaults:${glob.replace(/^\*\*\//, '')}`,
    components: parseGlob(glob).components,
    ...(only === undefined ? {} : { only }),
  }))
  return all.filter(isWritable).flatMap((at) => {
    const paths = [...new Set([at.source, at.target])].map(components)
    return rules.flatMap((rule): readonly PlacedRule[] => {
      if (paths.some((path) => isDefaultCovered(rule, path, at))) refuseDefault(rule.rule, at)
      return paths.flatMap((path) => taken(rule, path, { effect: 'protect', at }))
    })
  })
}

/**
 * Carries a rule to another mount that shows the same files of the host, so that what is hidden or
 * protected at one place is so at every place.
 */
function carry(placed: PlacedRule, to: PlacedMount): readonly PlacedRule[] {
  const { effect, at, rule } = placed
  if (to === at) return [placed]
  if (isWithin(to.source, at.source)) {
    const path = below(to.source, at.source)
    const isWhole = coveringLengths(rule.components, path).length > 0
    if (isWhole && !isNaturallyNested(to, at)) refuseCovered(effect, rule.rule, to)
    return taken(rule, path, { effect, at: to })
  }
  if (!isWithin(at.source, to.source)) return []
  // A name of the host that looks like a glob matches more than itself, which is the safe side.
  const whole = [...below(at.source, to.source), ...rule.components]
  return [{ effect, at: to, rule: { ...rule, components: whole } }]
}

function distinct(rules: readonly PathRule[]): readonly PathRule[] {
  const byKey = new Map(rules.map((rule) => [JSON.stringify([rule.rule, rule.components]), rule]))
  return [...byKey.entries()]
    .sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
    .map(([, rule]) => rule)
}

function checkSize(placed: PlacedMount, rules: readonly PathRule[]): void {
  const positions = rules.reduce((sum, rule) => sum + rule.components.length + 1, 0)
  if (rules.length <= maxRules && positions <= maxPositions) return
  const message = `has ${rules.length} rules of ${positions} components, more than ${maxRules} or ${maxPositions}`
  throw planFault(
    `filesystem.mounts[${placed.index}]`,
    message,
    'use fewer globs or fewer nested mounts',
  )
}

/** The rules of every mount, in the order of `all`. */
export function planRules(
  policy: FilesystemPolicy,
  all: readonly PlacedMount[],
): readonly MountRules[] {
  const placed = [
    ...placeGlobs('deny', policy.deny ?? [], all),
    ...placeGlobs('protect', policy.protect ?? [], all),
  ]
  // Already placed by the host's own paths, so there is nothing to carry.
  const defaults = (policy.protectDefaults ?? true) ? placeDefaults(all) : []
  return all.map((mount) => {
    const own = defaults.filter((one) => one.at === mount)
    const carried = [...placed.flatMap((one) => carry(one, mount)), ...own]
    const of = (effect: Effect): readonly PathRule[] =>
      distinct(carried.filter((one) => one.effect === effect).map((one) => one.rule))
    const rules = { deny: of('deny'), protect: isWritable(mount) ? of('protect') : [] }
    checkSize(mount, [...rules.deny, ...rules.protect])
    return rules
  })
}
