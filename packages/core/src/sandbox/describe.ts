import type { SandboxPlan } from '../plan/types.ts'
import { describePolicy } from '../policy/describe.ts'
import type { Policy } from '../policy/types.ts'

/**
 * What a sandbox may see and do, in prose for a model's prompt. Mounts are named by their place inside,
 * so that the paths are those which commands can use.
 */
export function describeSandbox(policy: Policy, plan: SandboxPlan): string {
  const mounts = plan.mounts.map(({ target, access }) => ({ source: target, target, access }))
  const placed = { ...policy, filesystem: { ...policy.filesystem, mounts } }
  return [
    describePolicy(placed),
    `Commands start in ${JSON.stringify(plan.workingDirectory)}.`,
    'When something is refused, the result says so in `denials`; trying again does not help.',
  ].join('\n')
}
