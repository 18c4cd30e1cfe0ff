import type { EgressUsage } from '../egress.ts'
import type { NetworkPolicy } from '../policy/types.ts'

/** What a sandbox may reach, while it runs. */
export interface SandboxNetwork {
  /**
   * Replaces `policy.network`; the rest of the policy stays. From then on every request is judged by it,
   * on open connections too, and tunnels that it no longer allows are cut. Either all of it holds or,
   * when this rejects, none. Calls are carried out one after the other, in their order.
   *
   * It is audited as the first policy was, by the option `audit` of `createSandbox`.
   *
   * @throws SandboxError `POLICY_INVALID`, also for what a strict audit finds; `POLICY_UNSUPPORTED` for a clause that nothing enforces, when
   * `transparent` would change, and when the sandbox was made without a way out or has lost it;
   * `SANDBOX_ENDED`.
   */
  update(network: NetworkPolicy): Promise<void>
  /** What went through so far; `null` when the sandbox was made without a way out. */
  usage(): EgressUsage | null
}
