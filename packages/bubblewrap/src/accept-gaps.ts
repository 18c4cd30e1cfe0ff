import { type LaunchContext, SandboxError } from '@caisson/core'
import type { SetupGap } from '@caisson/guest'

/** The clause of the policy that a rule belongs to: `filesystem.deny[0]` is part of `filesystem.deny`. */
function clauseOf(gap: SetupGap): string {
  return gap.rule.startsWith('filesystem.deny') ? 'filesystem.deny' : 'filesystem.protect'
}

/**
 * Refuses a sandbox in which something that a rule names stays open, unless the caller accepted that
 * clause; then it is told.
 *
 * @throws SandboxError `POLICY_UNSUPPORTED`
 */
export function acceptGaps(gaps: readonly SetupGap[], context: LaunchContext): void {
  for (const gap of gaps) {
    const clause = clauseOf(gap)
    const what = `${gap.path} stays open although ${gap.rule} names it: ${gap.why}`
    if (!context.allowWeaker.includes(clause))
      throw new SandboxError('POLICY_UNSUPPORTED', `bubblewrap: ${what}`, {
        driver: 'bubblewrap',
        path: gap.path,
        hint: `move it out of the mount, or accept it with allowWeaker: ['${clause}']`,
      })
    context.onNotice({ kind: 'log', message: what })
  }
}
