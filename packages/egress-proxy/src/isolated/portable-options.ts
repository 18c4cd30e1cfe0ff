import { resolve } from 'node:path'
import { signingKey } from '../audit/checkpoint.ts'
import type { AuditOptions } from '../audit/options.ts'
import type { EgressProxyOptions } from '../options.ts'
import type { PortableOptions } from './messages.ts'

/**
 * Options as they go to the proxy's own process. The key that signs goes along, and is nowhere else from
 * then on; functions stay here and are called from there.
 *
 * @throws TypeError for a key that is none, or a function where there is no way to call it from there
 */
export function portableOptions(options: EgressProxyOptions): PortableOptions {
  const { policy, locate, onAsk, hooks, audit, telemetry, ...rest } = options
  const { onDecision: _told, onAlarm: _alarmed, onLog: _logged, ...others } = rest
  const { isolate: _isolate, providers = {}, ...plain } = others
  const isThere: Readonly<Record<PortableOptions['calls'][number], boolean>> = {
    locate: locate !== undefined,
    onAsk: onAsk !== undefined,
    onRequest: hooks !== undefined && 'onRequest' in hooks,
    onResponse: hooks !== undefined && 'onResponse' in hooks,
    write: audit !== undefined && 'write' in audit,
  }
  const names = ['locate', 'onAsk', 'onRequest', 'onResponse', 'write'] as const
  refuseFunctions(plain)
  return {
    plain,
    policy: { ...policy },
    audit: audit === undefined ? null : portableAudit(audit),
    telemetry: telemetry === true,
    calls: names.filter((name) => isThere[name]),
    providers: Object.keys(providers),
  }
}

/** Nothing that was asked for is left behind unsaid. */
function refuseFunctions(plain: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(plain))
    JSON.stringify(value, (_key, part: unknown) => {
      if (typeof part !== 'function') return part
      throw new TypeError(`${name}: a function cannot go to the process of an isolated proxy`)
    })
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
