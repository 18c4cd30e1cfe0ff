import { egressDenial } from '../denials/egress-denial.ts'
import type { EgressAlarm, EgressDecision, EgressPeer, EgressUsage } from '../egress.ts'
import { SandboxError } from '../errors.ts'
import { checkSupport } from '../plan/check-support.ts'
import { parsePolicy } from '../policy/parse.ts'
import type { NetworkPolicy, Policy } from '../policy/types.ts'
import { withoutSecrets } from '../policy/without-secrets.ts'
import type { SandboxContext } from './context.ts'
import { ownerId } from './locate-owner.ts'
import { logText } from './log-text.ts'
import type { SandboxNetwork } from './network.ts'
import type { PolicyAudit } from './policy-audit.ts'
import type { ProcessTable } from './process-table.ts'
import type { WayOut, WayOutListener } from './way-out.ts'

/** What the network of a sandbox is made from. */
export interface NetworkStart {
  readonly policy: Policy
  readonly wayOut: WayOut | null
  readonly audit: PolicyAudit
  readonly processes: ProcessTable
}

/** Listeners inside are there from the start or not at all, so a change of this would do nothing. */
function refuseOtherDoors(before: NetworkPolicy = {}, after: NetworkPolicy = {}): void {
  if ((before.transparent ?? true) === (after.transparent ?? true)) return
  throw new SandboxError(
    'POLICY_UNSUPPORTED',
    'network.transparent: it cannot change while the sandbox runs',
    { hint: 'leave it as it was, or create a new sandbox' },
  )
}

/** Whether somebody may have thought long about it: whoever runs now need not be who asked then. */
function isSlow({ code }: EgressDecision): boolean {
  return code !== null && code.startsWith('ask_')
}

/** The network of a sandbox that runs: its policy, and what the way out tells. */
export class LiveNetwork implements SandboxNetwork, WayOutListener {
  readonly #context: SandboxContext
  readonly #wayOut: WayOut | null
  readonly #audit: PolicyAudit
  readonly #processes: ProcessTable
  /** With its secrets, if it has any. */
  #policy: Policy
  #shown: Policy
  #turn: Promise<void> = Promise.resolve()

  constructor(context: SandboxContext, start: NetworkStart) {
    this.#context = context
    this.#wayOut = start.wayOut
    this.#processes = start.processes
    this.#audit = start.audit
    this.#policy = start.policy
    this.#shown = withoutSecrets(start.policy)
    start.wayOut?.attach(this)
  }

  /** The policy that counts now, fit to be shown. */
  get policy(): Policy {
    return this.#shown
  }

  async update(network: NetworkPolicy): Promise<void> {
    const { lifeline } = this.#context
    const mine = this.#turn.then(() => lifeline.during(() => this.#replace(network)))
    // The next one has its turn whatever becomes of this one.
    this.#turn = mine.catch(() => undefined)
    await mine
  }

  usage(): EgressUsage | null {
    return this.#wayOut?.usage() ?? null
  }

  /** An answer of the way out: an event, and for a refusal a denial of the command that asked. */
  decided(decision: EgressDecision): void {
    const { events } = this.#context
    const { time, verdict } = decision
    const processId = decision.processId ?? (isSlow(decision) ? null : this.#processes.only())
    events.emit({ type: 'request', time, processId, decision })
    if (verdict === 'allow') return
    const denial = egressDenial(decision)
    if (processId !== null) this.#processes.tellOne(processId, denial)
    events.emit({ type: 'denial', time, processId, denial })
  }

  /** What was refused for it is told by `decided`; this is only a way to hear of it. */
  alarmed(alarm: EgressAlarm): void {
    const { time, message } = alarm
    const processId = alarm.processId ?? this.#processes.only()
    const told = Object.freeze({ ...alarm, message: logText(message) })
    this.#context.events.emit({ type: 'alarm', time, processId, alarm: told })
  }

  said(message: string): void {
    this.#context.events.emit({ type: 'log', time: Date.now(), message: logText(message) })
  }

  locate(peer: EgressPeer): Promise<string | null> {
    return ownerId(this.#context.session, this.#processes, peer)
  }

  async #replace(network: NetworkPolicy): Promise<void> {
    const policy = parsePolicy({ ...this.#policy, network })
    if (this.#wayOut === null)
      throw new SandboxError(
        'POLICY_UNSUPPORTED',
        'network: this sandbox was made without a way out',
        { hint: 'create a new one whose policy names something in network.allow' },
      )
    checkSupport(policy, true)
    refuseOtherDoors(this.#policy.network, policy.network)
    const audited = this.#audit.judge(policy)
    await this.#wayOut.update(policy)
    this.#policy = policy
    this.#shown = withoutSecrets(policy)
    for (const line of this.#audit.accept(audited)) this.said(line)
  }
}
