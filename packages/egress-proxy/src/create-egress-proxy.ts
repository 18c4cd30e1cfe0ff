import { parsePolicy } from '@caisson/core'
import { checkOptions } from './check-options.ts'
import type { EgressProxy } from './egress-proxy.ts'
import { assemble } from './engine/assemble.ts'
import { LiveProxy } from './engine/live-proxy.ts'
import { createIsolatedProxy } from './isolated/isolated-proxy.ts'
import type { EgressProxyOptions } from './options.ts'
import { loadTelemetry } from './telemetry/load-telemetry.ts'

/**
 * Makes an egress proxy, by itself: for anybody who runs untrusted code behind a wall of their own. It lets
 * nobody in until `listen` or `accept` is called.
 *
 * ```ts
 * await using proxy = await createEgressProxy({ policy: { network: { allow: ['api.good.test'] } } })
 * const { url } = await proxy.listen()
 * // For clients: HTTPS_PROXY is `url`, and `proxy.certificate` is the authority to trust.
 * ```
 *
 * @throws SandboxError `POLICY_INVALID`, `POLICY_UNSUPPORTED`; `LAUNCH_FAILED` when `isolate` is `process` and
 * there can be no process
 * @throws TypeError for options that are none
 */
export async function createEgressProxy(options: EgressProxyOptions): Promise<EgressProxy> {
  checkOptions(options)
  const parsed = { ...options, policy: parsePolicy(options.policy) }
  const telemetry = parsed.telemetry === true ? await loadTelemetry() : null
  if (parsed.isolate === 'process') return createIsolatedProxy(parsed, telemetry)
  return new LiveProxy(assemble(parsed, { telemetry }))
}
