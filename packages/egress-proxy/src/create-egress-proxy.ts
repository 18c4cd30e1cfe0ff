import { parsePolicy } from '@caisson/core'
import type { EgressProxy } from './egress-proxy.ts'
import { assemble } from './engine/assemble.ts'
import { LiveProxy } from './engine/live-proxy.ts'
import type { EgressProxyOptions } from './options.ts'

/**
 * Makes an egress proxy, by itself: for anybody who runs untrusted code behind a wall of their own. It lets
 * nobody in until `listen` or `accept` is called.
 *
 * ```ts
 * await using proxy = await createEgressProxy({ policy: { network: { allow: ['api.good.test'] } } })
 * const { url } = await proxy.listen({ port: 0 })
 * ```
 *
 * @throws SandboxError `POLICY_INVALID`, `POLICY_UNSUPPORTED`
 * @throws TypeError for options that are none
 */
export async function createEgressProxy(options: EgressProxyOptions): Promise<EgressProxy> {
  return new LiveProxy(assemble({ ...options, policy: parsePolicy(options.policy) }))
}
