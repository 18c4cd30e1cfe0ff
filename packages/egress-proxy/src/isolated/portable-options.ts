import { resolve } from 'node:path'
import { signingKey } from '../audit/checkpoint.ts'
import type { AuditOptions } from '../audit/options.ts'
import type { EgressProxyOptions } from '../options.ts'
import type { PortableOptions } from './messages.ts'

/**
 * Options as they go to the proxy's own process. The key that signs goes along, and is nowhere else from
 * then on; functions stay here and are called from there.
 *
 * @throws TypeError for a key that is none
 */
export function portableOptions(options: EgressProxyOptions): PortableOptions {
  const { policy, locate, onAsk, hooks, audit, telemetry, ...rest } = options
  const { onDecision: _told, onLog: _logged, isolate: _isolate, ...plain } = rest
  const functions = {
    locate,
    onAsk,
    onRequest: hooks?.onRequest,
    onResponse: hooks?.onResponse,
    write: audit?.write,
  }
  const calls = (['locate', 'onAsk', 'onRequest', 'onResponse', 'write'] as const).filter(
    (name) => functions[name] !== undefined,
  )
  return {
    plain,
    policy: { ...policy },
    audit: audit === undefined ? null : portableAudit(audit),
    telemetry: telemetry === true,
    calls,
  }
}

function portableAudit(audit: AuditOptions): NonNullable<PortableOptions['audit']> {
  const { write: _write, onCheckpoint: _taken, path, signingKey: key, ...rest } = audit
  return {
    ...rest,
    // The process works elsewhere.
    ...(path === undefined ? {} : { path: resolve(path) }),
    ...(key === undefined
      ? {}
      : { signingKey: signingKey(key).export({ type: 'pkcs8', format: 'pem' }).toString() }),
  }
}
