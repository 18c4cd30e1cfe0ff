import type {
  EgressAlarm,
  EgressDecision,
  EgressGateway,
  EgressPeer,
  EgressRequest,
  EgressSession,
  EgressUsage,
} from '../egress.ts'
import { SandboxError } from '../errors.ts'
import type { Policy } from '../policy/types.ts'

/** Most that is kept of what is told before there is a sandbox to tell it. */
const mostEarly = 1024

/** What hears from the way out: the sandbox, once it is there. */
export interface WayOutListener {
  decided(decision: EgressDecision): void
  alarmed(alarm: EgressAlarm): void
  said(message: string): void
  locate(peer: EgressPeer): Promise<string | null>
}

/** Hands on what the way out tells, to a sandbox that comes later than it. */
class Relay implements WayOutListener {
  #listener: WayOutListener | null = null
  #early: ((listener: WayOutListener) => void)[] = []

  attach(listener: WayOutListener): void {
    this.#listener = listener
    // Told after the caller had a chance to listen.
    setImmediate(() => {
      for (const tell of this.#early) tell(listener)
      this.#early = []
    })
  }

  decided(decision: EgressDecision): void {
    this.#tell((listener) => listener.decided(decision))
  }

  alarmed(alarm: EgressAlarm): void {
    this.#tell((listener) => listener.alarmed(alarm))
  }

  said(message: string): void {
    this.#tell((listener) => listener.said(message))
  }

  locate(peer: EgressPeer): Promise<string | null> {
    return this.#listener?.locate(peer) ?? Promise.resolve(null)
  }

  #tell(call: (listener: WayOutListener) => void): void {
    if (this.#listener !== null) call(this.#listener)
    else if (this.#early.length < mostEarly) this.#early.push(call)
  }
}

/** A gateway that a caller passed, if it is one. */
export function checkGateway(gateway: EgressGateway | undefined): EgressGateway | null {
  if (gateway === undefined) return null
  if (typeof gateway === 'function')
    throw new TypeError('a gateway is what its factory returns: call it, as in egressGateway()')
  if (typeof gateway !== 'object' || gateway === null || typeof gateway.open !== 'function')
    throw new TypeError('createSandbox was given a gateway that is none')
  if (gateway.audit !== undefined && typeof gateway.audit !== 'function')
    throw new TypeError('createSandbox was given a gateway whose `audit` is no function')
  return gateway
}

/** The way out of one sandbox: open until it is closed, or until what runs it is gone. */
export class WayOut {
  readonly #session: EgressSession
  readonly #relay: Relay
  #failure: string | null = null
  #closing: Promise<void> | null = null

  private constructor(session: EgressSession, relay: Relay) {
    this.#session = session
    this.#relay = relay
    void session.ended.then(
      ({ detail }) => this.#lose(detail),
      (error: unknown) => this.#lose(String(error)),
    )
  }

  /** Opens the way out. What it tells is kept until somebody is attached. */
  static async open(
    gateway: EgressGateway,
    request: Pick<EgressRequest, 'sandboxId' | 'policy' | 'signal'>,
  ): Promise<WayOut> {
    const relay = new Relay()
    const session = await gateway.open({
      ...request,
      onDecision: (decision) => relay.decided(decision),
      onAlarm: (alarm) => relay.alarmed(alarm),
      onLog: (message) => relay.said(message),
      locate: (peer) => relay.locate(peer),
    })
    return new WayOut(session, relay)
  }

  get session(): EgressSession {
    return this.#session
  }

  /** Why it is gone although nobody closed it; `null` while it is there. */
  get failure(): string | null {
    return this.#failure
  }

  attach(listener: WayOutListener): void {
    this.#relay.attach(listener)
  }

  usage(): EgressUsage {
    return this.#session.usage()
  }

  /** Makes a newer policy the one that counts, or rejects and leaves everything as it is. */
  async update(policy: Policy): Promise<void> {
    this.#refuseFailed('network')
    await this.#session.update(policy)
  }

  /** Has a credential fetched anew. */
  async rotate(id: string): Promise<void> {
    this.#refuseFailed('credentials')
    await this.#session.rotateCredential(id)
  }

  /** Takes a credential away for good. */
  async revoke(id: string): Promise<void> {
    this.#refuseFailed('credentials')
    await this.#session.revokeCredential(id)
  }

  /** Has something told to whoever is attached, now or later. */
  say(message: string): void {
    this.#relay.said(message)
  }

  /** Ends every connection. Idempotent; never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  #refuseFailed(clause: string): void {
    if (this.#failure === null) return
    throw new SandboxError(
      'POLICY_UNSUPPORTED',
      `${clause}: the way out of this sandbox has failed (${this.#failure}), so nothing would enforce it`,
      { hint: 'create a new sandbox' },
    )
  }

  async #close(): Promise<void> {
    try {
      await this.#session.close()
    } catch (error) {
      // The contract says that it never rejects; what is left then is the host application's to know.
      this.#relay.said(`the way out could not be closed: ${String(error)}`)
    }
  }

  /** It is not opened again for this sandbox: nobody listens, so nothing gets out. */
  #lose(detail: string): void {
    if (this.#closing !== null) return
    this.#failure = detail
    this.#relay.said(`the way out has failed: ${detail}; nothing can be reached from now on`)
    void this.close()
  }
}
