import type { Socket as DatagramSocket } from 'node:dgram'
import type { Server } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Policy } from './policy/types.ts'

/**
 * A socket that programs inside connect to, on the sandbox's own loopback interface. `proxy` speaks HTTP
 * proxy and SOCKS5; `transparent` is reached by the address that `resolver` gave for a name.
 */
export interface EgressDoor {
  readonly kind: 'proxy' | 'transparent' | 'resolver'
  readonly protocol: 'tcp' | 'udp'
  /** IPv4 in decimal notation; `0.0.0.0` is every address. */
  readonly address: string
  readonly port: number
}

/** The inner end of a connection, by which the process that holds it can be found. */
export interface EgressPeer {
  readonly protocol: 'tcp' | 'udp'
  readonly address: string
  readonly port: number
}

/** How a relayed connection came in. */
export interface EgressArrival {
  readonly door: EgressDoor
  /** The address that the program connected to. */
  readonly localAddress: string
  readonly peer: EgressPeer
}

/** A decision of the way out, as the host application sees it. No address, no secret, no header value. */
export interface EgressDecision {
  /** Names the decision in the audit trail; rising by one from 1 for each sandbox. */
  readonly sequence: number
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly verdict: 'allow' | 'deny'
  /** Why it was refused, as a stable word; in observe mode, why it would have been. `null` when allowed. */
  readonly code: string | null
  /** `connect`, `http`, `socks`, `tls`, `plain` or `resolver`. */
  readonly door: string
  readonly host: string
  /** `null` when only a name was asked for. */
  readonly port: number | null
  /** `null` for a connection of which nothing was seen yet. */
  readonly method: string | null
  /** Canonical path without query, chosen inside; `null` where there is none. */
  readonly path: string | null
  /** The clause that decided, or `null`. */
  readonly rule: string | null
  readonly reason: string
  readonly remedy: string
  readonly policyVersion: number
  /** The command that asked, where that could be told. */
  readonly processId: string | null
}

/**
 * What whoever watches a sandbox should look at: somebody tries what no program does by itself. Told beside
 * the decision, if there is one. No secret is in it.
 *
 * | kind | is |
 * |---|---|
 * | `foreign_credential` | a request in a name that the rule does not give it |
 * | `dummy_misused` | a dummy was sent elsewhere than where its credential belongs |
 * | `canary_found` `secret_found` | a canary, or a secret that is kept outside, was about to leave |
 * | `secret_reflected` | an answer held a secret; it was made unreadable |
 * | `minting_refused` | a request would have made a new credential out of ours |
 * | `unusual_upload` | much more goes to a host than went before |
 * | `credential_failed` | a credential could not be had |
 */
export interface EgressAlarm {
  readonly kind:
    | 'foreign_credential'
    | 'dummy_misused'
    | 'canary_found'
    | 'secret_found'
    | 'secret_reflected'
    | 'minting_refused'
    | 'unusual_upload'
    | 'credential_failed'
  /** Milliseconds since the epoch. */
  readonly time: number
  /** Empty where it is about none. */
  readonly host: string
  /** Id of the credential, or name of the canary; `null` where it is about none. */
  readonly about: string | null
  /** One sentence. */
  readonly message: string
  /** The command that asked, where that could be told. */
  readonly processId: string | null
}

/** What a gateway needs to open the way out of one sandbox. */
export interface EgressRequest {
  readonly sandboxId: string
  /** Parsed and frozen. */
  readonly policy: Policy
  readonly signal: AbortSignal
  /** Called for every decision, refusals before the client hears of them. Must not throw. */
  onDecision(decision: EgressDecision): void
  /** Called for every alarm. Must not throw. */
  onAlarm(alarm: EgressAlarm): void
  /** Something worth telling happened. */
  onLog(message: string): void
  /** Which command holds this end of a connection; `null` when that cannot be told. Never rejects. */
  locate(peer: EgressPeer): Promise<string | null>
}

/** What went through so far. */
export interface EgressUsage {
  readonly allowed: number
  readonly denied: number
  readonly bytesOut: number
  readonly bytesIn: number
  readonly openConnections: number
}

/** The way out of one sandbox: its doors' listeners, authority, budgets, audit stream. */
export interface EgressSession {
  /** What to listen on inside. A driver opens them before anything of the sandbox runs. */
  readonly doors: readonly EgressDoor[]
  /** The authority that programs inside must trust, PEM; without its key. */
  readonly certificate: string
  /** Variables inside: dummies of credentials, and canaries. No secret is in it. */
  readonly environment: Readonly<Record<string, string>>
  /** Takes over a listening socket that was made at a door. It belongs to the session from then on. */
  listen(door: EgressDoor, socket: Server | DatagramSocket): Promise<void>
  /** Takes over a connection that was relayed from a door. */
  accept(connection: Duplex, arrival: EgressArrival): void
  /**
   * Makes a newer policy the one that every later request is judged by, on open connections too, and
   * cuts tunnels that it no longer allows. Either all of it holds or, when this rejects, none.
   *
   * @throws SandboxError `POLICY_INVALID`, `POLICY_UNSUPPORTED`
   */
  update(policy: Policy): Promise<void>
  /**
   * Has a credential fetched anew before it is used again. What it was stays hidden in answers.
   *
   * @throws TypeError for an id that the policy does not have
   */
  rotateCredential(id: string): Promise<void>
  /** Takes a credential away for good: requests that need it are refused; its lease is given back. */
  revokeCredential(id: string): Promise<void>
  /** What went through so far. */
  usage(): EgressUsage
  /** Resolves when the way out is closed for good: by `close`, or because what ran it is gone. */
  readonly ended: Promise<{ readonly reason: 'closed' | 'failed'; readonly detail: string }>
  /** Ends every connection and listener. Idempotent; never rejects. */
  close(): Promise<void>
}

/** How bad a finding about a policy is. `info`: what remains whatever one does. */
export type FindingSeverity = 'critical' | 'high' | 'medium' | 'low' | 'info'

/** One way by which data could leave a sandbox that has this policy. */
export interface PolicyFinding {
  /** Stable: `anthropic-files`, `tunnel`. */
  readonly id: string
  readonly severity: FindingSeverity
  /** The clause of the policy: `network.allow[2]`. */
  readonly clause: string
  readonly title: string
  /** How data would leave, in a sentence or two. */
  readonly how: string
  /** What to do about it, in words. */
  readonly remedy: string
  /**
   * The clause as it should be, ready to be pasted: its value, `null` to take the clause away; missing where no
   * edit closes it.
   */
  readonly edit?: { readonly clause: string; readonly value: unknown } | undefined
  /** `AML.T0086`, `LLM02:2025`: MITRE ATLAS and OWASP, with edition. */
  readonly tags: readonly string[]
}

/** The way out, as core needs it. `@caisson/egress-proxy` makes one. */
export interface EgressGateway {
  /**
   * @throws SandboxError `POLICY_INVALID` when the network policy contradicts itself, `POLICY_UNSUPPORTED`
   * for a clause that it cannot enforce.
   */
  open(request: EgressRequest): Promise<EgressSession>
  /** Ways by which data could leave in spite of the policy; worst first. Missing: nobody looked. */
  audit?(policy: Policy): readonly PolicyFinding[]
}
