import type { EgressGateway, EgressRequest, EgressSession } from '@caisson/core'
import { auditPolicy } from './auditor/audit-policy.ts'
import { checkGatewayOptions } from './check-options.ts'
import { createEgressProxy } from './create-egress-proxy.ts'
import type { EgressProxy } from './egress-proxy.ts'
import type { EgressOptions } from './options.ts'

/**
 * The way out for sandboxes: each gets a proxy of its own, with its own authority, budgets and audit
 * stream. Drivers' own `createSandbox` make one from their option `egress`; with core's, pass it as
 * `gateway`.
 *
 * @throws TypeError for options that are none; what only shows in use (a file, a key), when a sandbox is made
 */
export function egressGateway(options: EgressOptions = {}): EgressGateway {
  checkGatewayOptions(options)
  return {
    audit: (policy) => auditPolicy(policy, { registries: options.registries }),
    open: async (request) => {
      const proxy = await createEgressProxy({
        ...options,
        id: request.sandboxId,
        policy: request.policy,
        locate: (peer) => request.locate(peer),
        onDecision: (decision) => request.onDecision(decision),
        onAlarm: (alarm) => request.onAlarm(alarm),
        onLog: (message) => request.onLog(message),
      })
      return session(proxy, request)
    },
  }
}

function session(proxy: EgressProxy, { signal }: EgressRequest): EgressSession {
  const onAbort = (): void => void proxy.close()
  signal.addEventListener('abort', onAbort, { once: true })
  void proxy.ended.then(() => signal.removeEventListener('abort', onAbort))
  return {
    doors: proxy.doors,
    certificate: proxy.certificate,
    environment: proxy.environment,
    listen: (door, handle) => proxy.listen({ handle, door }),
    accept: (connection, arrival) => proxy.accept(connection, arrival),
    update: (policy) => proxy.update(policy),
    rotateCredential: (id) => proxy.rotateCredential(id),
    revokeCredential: (id) => proxy.revokeCredential(id),
    usage: () => proxy.usage(),
    ended: proxy.ended,
    close: () => proxy.close(),
  }
}
