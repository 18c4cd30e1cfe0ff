import type { RegistryKind } from '../registry-kind.ts'
import type { Probe } from './probe.ts'
import type { TagSet } from './tags.ts'

/**
 * What closes a row: `pin` of the identity; `anonymous` without credentials; `read-only`; `paths`; `owner` of the
 * resource named in the path or host; `body` rule; `tenant` header; `signed-urls` refused; `budget`;
 * `query` and path held to values; `intercept` instead of a tunnel; `unlisted`: the host is not for agents;
 * `minting` refused; `names` looked up outside; `websocket` off.
 */
export type Control =
  | 'pin'
  | 'anonymous'
  | 'read-only'
  | 'paths'
  | 'owner'
  | 'body'
  | 'tenant'
  | 'signed-urls'
  | 'budget'
  | 'query'
  | 'intercept'
  | 'unlisted'
  | 'minting'
  | 'names'
  | 'websocket'

/** What a clause can become so that nothing of the row is left; `none`: it is taken away. */
export type SafeForm = 'none' | 'read' | 'anthropic' | 'openai' | 'github'

/** One way by which data leaves through a name that people trust. */
export interface CatalogueRow {
  /** Where it stands in the catalogue, from 1: what comes first is told first. */
  readonly row: number
  /** Stable; the id of findings. */
  readonly id: string
  readonly title: string
  /** Methods and paths, or the protocol, for people. */
  readonly endpoints: string
  /** How data leaves, in plain words. */
  readonly how: string
  readonly remedy: string
  /** Names and patterns: `*.` in front is one label or more; `*` between dots is one. */
  readonly hosts: readonly string[]
  /**
   * Patterns of which each name belongs to one customer, so that a rule with one name is about that one: they
   * count where a rule holds more than one name, or cannot see which one is really asked for.
   */
  readonly shared?: readonly string[]
  /** Package registries, whose hosts are given by the caller. */
  readonly kinds?: readonly RegistryKind[]
  /** First labels of names: `ocsp.` anything. */
  readonly labels?: readonly string[]
  readonly closes: readonly Control[]
  readonly tags: readonly TagSet[]
  /** Empty for a row about the shape of a policy. */
  readonly probes: readonly Probe[]
  /** A header by which the service refuses foreign accounts. */
  readonly tenant?: string
  readonly safe: SafeForm
}
