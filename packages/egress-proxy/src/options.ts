import type { EgressAlarm, EgressDecision, EgressPeer, Policy } from '@caisson/core'
import type { CredentialProvider } from './credentials/provider.ts'
import type { AuditOptions } from './audit/options.ts'
import type { RegistryHosts } from './auditor/registry-kind.ts'
import type { ParentOption } from './dial/parent.ts'
import type { OnAsk } from './engine/asker.ts'
import type { ClientCertificateOption } from './dial/upstream-contexts-dial.ts'
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
  readonly upstream?: ParentOption | undefined
  /**
   * Prefixes by which the host's network reaches IPv4 through IPv6 (NAT64), such as `64:ff9b::/96`: an
   * address in one is judged by the IPv4 address in it. Default: none, and the well-known ones are refused.
   */
  readonly nat64?: readonly string[] | undefined
  /** Authorities to trust of upstreams, beside those of Node: the text of their certificates (PEM), not a path. */
  readonly trust?: string | readonly string[] | undefined
  /** Certificates that upstreams ask for, by `host:port`; PEM. They never go inside. */
  readonly clientCertificates?: Readonly<Record<string, ClientCertificateOption>> | undefined
  /**
   * What the authority of a sandbox may vouch for: `policy` (default): the names that the policy allows or
   * lets ask for when the sandbox is made; a later `update` can add none. A list: those as well. `any`:
   * every name, for policies that grow.
   */
  readonly certificateNames?: 'policy' | 'any' | readonly string[] | undefined
  /**
   * Functions that hand out secrets, for credentials whose source is `{ provider: name }`. Called in this
   * process, also when the proxy has one of its own.
   */
  readonly providers?: Readonly<Record<string, CredentialProvider>> | undefined
  /**
   * Hosts of package registries, as `resolveRegistries()` finds them: for the auditor, which knows none by
   * itself. Default: none.
   */
  readonly registries?: RegistryHosts | undefined
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
  /**
   * `process`: the proxy runs in a process of its own, one for each sandbox, so that a flood from inside does
   * not hold up this one, and what hostile bytes might do to a parser they do where nothing else is. Options
   * that are functions are called here all the same. Costs a start of Node.js (time and memory) for each
   * sandbox. When that process ends, so does the way out; there is no second. Default `none`.
   */
  readonly isolate?: 'none' | 'process' | undefined
}

/** What {@link createEgressProxy} takes. */
export interface EgressProxyOptions extends EgressOptions {
  /** `network` and `credentials` are looked at: other clauses have to be valid, and are not enforced here. */
  readonly policy: Policy
  /** Stands in certificates and in the audit trail: letters, digits, `_` and `-`, 64 at most. Default: random. */
  readonly id?: string | undefined
  /** Which command holds an inner end of a connection. Default: nobody knows. */
  readonly locate?: ((peer: EgressPeer) => Promise<string | null>) | undefined
  /** Called for every decision, refusals before the client hears of them. */
  readonly onDecision?: ((decision: EgressDecision) => void) | undefined
  /** Called for every alarm. */
  readonly onAlarm?: ((alarm: EgressAlarm) => void) | undefined
  /** Something worth telling happened. */
  readonly onLog?: ((message: string) => void) | undefined
}
