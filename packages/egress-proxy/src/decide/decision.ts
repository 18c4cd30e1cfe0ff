import type { ReasonCode } from './reason.ts'

/**
 * What may come through an allowed connection: `intercept` TLS that is opened and read; `http` plain HTTP;
 * `tls` TLS that is looked at only at its start; `opaque` any bytes.
 */
export type Handling = 'intercept' | 'http' | 'tls' | 'opaque'

/** What must be done with what was allowed. */
export interface Needs {
  /** Every handling that some rule allows for this host and port; `opaque` and `tls` include less. */
  readonly handling: readonly Handling[]
  /** Whose name is on the request. Other values come with credentials. */
  readonly identity: 'anonymous'
}

/** The answer to a request. */
export interface Decision {
  readonly verdict: 'allow' | 'deny' | 'ask'
  /** `null` when allowed. */
  readonly code: ReasonCode | null
  /** The clause that decided: `network.allow[2]`, `network.deny[0]`; `null` when none matched. */
  readonly rule: string | null
  /** Path template of the rule that matched, for the audit trail; `null` when there is none. */
  readonly template: string | null
  /** One sentence, for a model to read. Empty when allowed. */
  readonly reason: string
  /** What to do instead, or what the host application could change. Empty when allowed. */
  readonly remedy: string
  readonly needs: Needs
  /** In `observe` mode: the refusal that was not carried out. */
  readonly wouldDeny: ReasonCode | null
}
