import { compileGuard } from '../addresses/guard.ts'
import { keepCredentials, type PolicyKeeper } from '../credentials/keep-credentials.ts'
import { localReader } from '../credentials/local-reader.ts'
import type { SourceTools } from '../credentials/secret.ts'
import { tokenFetch } from '../credentials/token-fetch-dial.ts'
import { createDialer } from '../dial/create-dialer-dial.ts'
import { OwnAddresses } from '../dial/own-dial.ts'
import type { PooledDialer } from '../dial/pooled-dialer.ts'
import type { ProxyLimits } from '../limits.ts'
import type { EgressProxyOptions } from '../options.ts'
import type { LookupSource } from '../resolve/lookup-source.ts'

/**
 * The way to services that hand out secrets: the host application named them, so that private addresses are
 * no surprise. Nobody inside chooses where it leads.
 */
export function tokenDialer(
  { hosts, upstream, trust, clientCertificates }: EgressProxyOptions,
  limits: ProxyLimits,
  lookup: LookupSource | undefined,
): PooledDialer {
  const anywhere = compileGuard({ allow: ['0.0.0.0/0', '::/0'], deny: [] })
  const own = new OwnAddresses()
  const to = { hosts, upstream, trust, clientCertificates, lookup }
  return createDialer({ ...to, limits, own, guard: () => anywhere })
}

/** Keeps the credentials of a policy. */
export function keeperFor(
  { policy, providers, onLog }: EgressProxyOptions,
  by: {
    readonly limits: ProxyLimits
    readonly tokens: PooledDialer
    /** Default: in this process. */
    readonly read: SourceTools['read'] | undefined
    readonly failed: ReadonlySet<(id: string) => void>
  },
): PolicyKeeper {
  const { limits, tokens, failed } = by
  const now = Date.now
  const read = by.read ?? localReader({ providers, now })
  return keepCredentials(policy.credentials, {
    tools: { read, fetch: tokenFetch(tokens, limits), now },
    now,
    limits,
    onFailure: (id, message) => {
      onLog?.(`credential ${JSON.stringify(id)}: ${message}`)
      for (const tell of failed) tell(id)
    },
  })
}
