import type { EgressDecision, EgressPeer, Policy } from '@caisson/core'
import type { AuditOptions } from './audit/options.ts'
import type { ParentProxy } from './dial/parent.ts'
import type { OnAsk } from './engine/asker.ts'
import type { EgressHooks } from './engine/hooks.ts'
import type { ProxyLimits } from './limits.ts'

/**
 * How the host application wants the way out to be, beside the policy: what it trusts, where names lead,
 * who is asked. Nothing here lets more through than the policy does, but `hosts`, which says where.
 */
export interface EgressOptions {
  /**
   * Where single hosts lead, for tests and split horizons: `{ "api.good.test:443": "127.0.0.1:18443" }`.
   * An explicit exception to the address guard; no name is looked up for them. The certificate must be for
   * the name all the same.
   */
  readonly hosts?: Readonly<Record<string, string>> | undefined
  /** Another proxy that everything goes through: `http:`, `https:`, `socks5:` or `socks5h:`. */
  readonly upstream?: string | ParentProxy | undefined
  /** Authorities to trust of upstreams, PEM, beside those of Node. */
  readonly trust?: string | readonly string[] | undefined
  /** Certificates that upstreams ask for, by `host:port`; PEM. They never go inside. */
  readonly clientCertificates?: Readonly<Record<string, ClientCertificate>> | undefined
  /**
   * What the authority of a sandbox may vouch for: `policy` (default): the names that the policy allows or
   * lets ask for when the sandbox is made; a later `update` can add none. A list: those as well. `any`:
   * every name, for policies that grow.
   */
  readonly certificateNames?: 'policy' | 'any' | readonly string[] | undefined
  /** Decides about what `network.ask` names. Without it nothing of that is granted. */
  readonly onAsk?: OnAsk | undefined
  /** Can only narrow what the rules allow. */
  readonly hooks?: EgressHooks | undefined
  /** Bounds of the proxy, where they are not the default ones. */
  readonly limits?: Partial<ProxyLimits> | undefined
  /** Where decisions are written down. Default: nowhere; they are events all the same. */
  readonly audit?: AuditOptions | undefined
  /** Spans and metrics through OpenTelemetry's API, which is imported only then. Default `false`. */
  readonly telemetry?: boolean | undefined
}

/** A certificate and its key, PEM. */
export interface ClientCertificate {
  readonly certificate: string
  readonly key: string
}

/** What {@link createEgressProxy} takes. */
export interface EgressProxyOptions extends EgressOptions {
  /** Only `network` is looked at. */
  readonly policy: Policy
  /** Stands in certificates and in the audit trail: letters, digits, `_` and `-`, 64 at most. Default: random. */
  readonly id?: string | undefined
  /** Which command holds an inner end of a connection. Default: nobody knows. */
  readonly locate?: ((peer: EgressPeer) => Promise<string | null>) | undefined
  /** Called for every decision, refusals before the client hears of them. */
  readonly onDecision?: ((decision: EgressDecision) => void) | undefined
  /** Something worth telling happened. */
  readonly onLog?: ((message: string) => void) | undefined
}
