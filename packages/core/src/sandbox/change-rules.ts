import type { OverlayChange } from '../driver.ts'
import { coveringRule } from '../plan/access.ts'
import { residuals } from '../plan/glob.ts'
import type { PathRule, PlannedMount } from '../plan/types.ts'

/**
 * Whether something that is not a folder, at this path, would decide what a protected path below it
 * is. `.git` made a link, or a file that names another folder, moves `.git/hooks` out of protection.
 */
function redirects(rule: PathRule, path: readonly string[]): boolean {
  return residuals(rule.components, path).some((rest) => {
    // Below a leading `**` the rule holds wherever the link may lead.
    const isWhole = rest.length === rule.components.length && rule.components[0] === '**'
    return rest.length > 0 && !isWhole
  })
}

/** The rule of a mount that keeps a change from being carried to the host, if there is one. */
export function rulingOf(mount: PlannedMount, change: OverlayChange): PathRule | undefined {
  const path = change.path.split('/')
  const kind = change.type === 'deleted' ? undefined : change.kind
  const rules = [...mount.deny, ...mount.protect]
  const covering = coveringRule(rules, path, kind)
  if (covering !== undefined || change.kind === 'directory' || change.type === 'deleted')
    return covering
  return rules.find((rule) => redirects(rule, path))
}
