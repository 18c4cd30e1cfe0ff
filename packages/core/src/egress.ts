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

/** What a gateway needs to open the way out of one sandbox. */
export interface EgressRequest {
  readonly sandboxId: string
  /** Parsed and frozen. */
  readonly policy: Policy
  readonly signal: AbortSignal
  /** Called for every decision, refusals before the client hears of them. Must not throw. */
  onDecision(decision: EgressDecision): void
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
  /** What went through so far. */
  usage(): EgressUsage
  /** Resolves when the way out is closed for good: by `close`, or because what ran it is gone. */
  readonly ended: Promise<{ readonly reason: 'closed' | 'failed'; readonly detail: string }>
  /** Ends every connection and listener. Idempotent; never rejects. */
  close(): Promise<void>
}

/** The way out, as core needs it. `@caisson/egress-proxy` makes one. */
export interface EgressGateway {
  /**
   * @throws SandboxError `POLICY_INVALID` when the network policy contradicts itself, `POLICY_UNSUPPORTED`
   * for a clause that it cannot enforce.
   */
  open(request: EgressRequest): Promise<EgressSession>
}
