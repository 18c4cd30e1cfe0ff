import { wayOutClause } from '../plan/check-support.ts'
import type { PlannedNetwork, SandboxPlan } from '../plan/types.ts'
import { describePolicy } from '../policy/describe.ts'
import type { Policy } from '../policy/types.ts'

/** What of a sandbox that runs is told. */
export interface Described {
  readonly plan: SandboxPlan
  /** Whether the way out has failed. */
  readonly isCutOff: boolean
}

/**
 * Whether programs that know nothing of proxies are led out. That they are not is said by the policy's own
 * text where the policy wants it so.
 */
function describeOthers(network: PlannedNetwork, isWanted: boolean): readonly string[] {
  if (network.kind === 'egress' && network.doors.some(({ kind }) => kind === 'transparent'))
    return [
      'Programs that ignore proxies are led there as well. Use names, not addresses: an address that was not asked for by its name leads nowhere.',
    ]
  return isWanted ? ['Programs that ignore these variables reach nothing.'] : []
}

/** How to get out, for programs and for whoever writes them. */
function describeReach(policy: Policy, { plan, isCutOff }: Described): readonly string[] {
  if (isCutOff) return ['The way out has failed: nothing outside can be reached any more.']
  const clause = wayOutClause(policy)
  // Ranges alone lead nowhere: they only widen what names may lead to.
  if (plan.network.kind === 'none' || clause === null || clause === 'network.addresses.allow')
    return []
  return [
    'Everything that leaves goes through a proxy that judges each request by these rules. HTTP_PROXY, HTTPS_PROXY and the variables for its certificate authority are set already: leave them as they are, and do not turn certificate checks off.',
    ...describeOthers(plan.network, policy.network?.transparent ?? true),
    'A refused request is answered with a status such as 403 and JSON that says why (`code`, `reason`) and what to do instead (`remedy`); in place of trying again, do that.',
  ]
}

/**
 * What a sandbox may see and do, in prose for a model's prompt. Mounts are named by their place inside,
 * so that the paths are those which commands can use.
 */
export function describeSandbox(policy: Policy, sandbox: Described): string {
  const { plan } = sandbox
  const mounts = plan.mounts.map(({ target, access }) => ({ source: target, target, access }))
  const placed = { ...policy, filesystem: { ...policy.filesystem, mounts } }
  return [
    describePolicy(placed),
    ...describeReach(policy, sandbox),
    `Commands start in ${JSON.stringify(plan.workingDirectory)}.`,
    'When something is refused, the result says so in `denials`; trying again does not help.',
  ].join('\n')
}
