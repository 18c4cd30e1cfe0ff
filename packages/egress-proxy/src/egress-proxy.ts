import type {
  EgressAlarm,
  EgressArrival,
  EgressDecision,
  EgressDoor,
  EgressUsage,
  Policy,
} from '@caisson/core'
import type { Socket as DatagramSocket } from 'node:dgram'
import type { Server } from 'node:net'
import type { Duplex } from 'node:stream'

/** Where an own listener is. */
export interface ListenAt {
  /**
   * Default `127.0.0.1`. Name an address that clients can reach: it stands in the URL as it is, so that of
   * `0.0.0.0` leads nowhere from another machine or network namespace.
   */
  readonly host?: string | undefined
  /** Default 0: a free one. */
  readonly port?: number | undefined
}

/** A listener of the proxy on the host. */
export interface ProxyListener {
  readonly host: string
  readonly port: number
  /** What clients must show. */
  readonly token: string
  /** For `HTTPS_PROXY` and its like, token included: never put it on a command line. */
  readonly url: string
  /** Stops listening; connections that are open go on. Idempotent. */
  close(): Promise<void>
}

/** A socket that listens already, made by whoever owns the network that it is in. */
export interface ListenHandle {
  readonly handle: Server | DatagramSocket
  /** Default: the proxy door, on the handle's own address. Who can reach it, is of this sandbox. */
  readonly door?: EgressDoor | undefined
}

/** Where a connection, handed over one by one, was meant to go. */
export interface AcceptedFor {
  readonly door: 'proxy' | 'transparent'
  /** For `transparent`: the `host:port` that was meant. */
  readonly destination?: string | undefined
}

/** A running egress proxy: the way out of one sandbox. */
export interface EgressProxy extends AsyncDisposable {
  readonly id: string
  /** The authority that its clients must trust, PEM. Its key never leaves the proxy. */
  readonly certificate: string
  /** Variables for whoever runs behind the proxy: dummies of credentials, and canaries. No secret is in it. */
  readonly environment: Readonly<Record<string, string>>
  /** What a sandbox should listen on inside, for programs that know of no proxy too. */
  readonly doors: readonly EgressDoor[]
  /** Listens on the host, on loopback unless told otherwise; every client needs the token. */
  listen(where?: ListenAt): Promise<ProxyListener>
  /** Takes over a listening socket. No token is needed: the socket says whose clients they are. */
  listen(where: ListenHandle): Promise<void>
  /** Takes over one connection. */
  accept(connection: Duplex, how: AcceptedFor | EgressArrival): void
  /**
   * Makes a newer policy the one that every later request is judged by, on open connections too; cuts
   * tunnels and WebSockets that it no longer allows. Either all of it holds or, when this rejects, none.
   *
   * @throws SandboxError `POLICY_INVALID`, also for a name that the proxy's authority was not made for
   * (see `certificateNames`); `POLICY_UNSUPPORTED`
   */
  update(policy: Policy): Promise<void>
  /** Calls back for each decision, until the returned function is called. */
  on(name: 'decision', listener: (decision: EgressDecision) => void): () => void
  /** The same for each alarm. */
  on(name: 'alarm', listener: (alarm: EgressAlarm) => void): () => void
  /**
   * Has a credential fetched anew before it is used again. What it was stays hidden in answers.
   *
   * @throws TypeError for an id that the policy does not have
   */
  rotateCredential(id: string): Promise<void>
  /**
   * Takes a credential away for good: requests that need it are refused; its lease is given back.
   *
   * @throws TypeError for an id that the policy does not have
   */
  revokeCredential(id: string): Promise<void>
  /** What went through so far. */
  usage(): EgressUsage
  /** Resolves when it is closed for good. */
  readonly ended: Promise<{ readonly reason: 'closed' | 'failed'; readonly detail: string }>
  /** Ends every connection and listener, and the audit trail. Idempotent; never rejects. */
  close(): Promise<void>
  /** The same as `close`. */
  [Symbol.asyncDispose](): Promise<void>
}
