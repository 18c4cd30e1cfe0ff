import type { Field } from '../http-message.ts'
import type { ReasonCode } from './reason.ts'

/**
 * What may come through an allowed connection: `intercept` TLS that is opened and read; `http` plain HTTP;
 * `tls` TLS that is looked at only at its start; `opaque` any bytes.
 */
export type Handling = 'intercept' | 'http' | 'tls' | 'opaque'

/** What must be done with what was allowed. */
export interface Needs {
  /**
   * For a connection, every handling that some rule allows for this host and port; `opaque` and `tls`
   * include less. For a request, how it was seen. None for a name, and where it is refused.
   */
  readonly handling: readonly Handling[]
  /** Whose name is on the request: `anonymous`, `guest`, or the id of a credential. */
  readonly identity: string
  /** The body has to be read first, and the request judged again with it: `HttpRequest.body`. */
  readonly body: boolean
  /** Only these headers go on beside the plain ones; `null`: all that were judged. */
  readonly headers: ReadonlySet<string> | null
  /** Headers that the proxy sets. */
  readonly tenant: readonly Field[]
}

/**
 * The answer to a request. `ask` reads as a refusal (`ask_missing`), which it is when nobody can be asked.
 * For a connection whose `needs.handling` holds only `intercept` or `http`, asking can wait for the
 * requests in it, as nothing is sent before they are judged.
 */
export interface Decision {
  readonly verdict: 'allow' | 'deny' | 'ask'
  /** `null` when allowed. */
  readonly code: ReasonCode | null
  /** The clause that decided: `network.allow[2]`, `network.deny[0]`; `null` when none matched. */
  readonly rule: string | null
  /** Path template of the rule that matched, for the audit trail; `null` when there is none. */
  readonly template: string | null
  /** One sentence, for a model to read. Empty when allowed, unless `wouldDeny` says otherwise. */
  readonly reason: string
  /** What to do instead, or what the host application could change. Empty where `reason` is. */
  readonly remedy: string
  readonly needs: Needs
  /** In `observe` mode: the refusal that was not carried out. */
  readonly wouldDeny: ReasonCode | null
  /** The credential that a refusal is about, for whoever watches. */
  readonly about?: string | undefined
}
