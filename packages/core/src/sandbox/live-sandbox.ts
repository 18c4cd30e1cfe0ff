import type {
  Capabilities,
  DriverSession,
  EnforcementReport,
  Isolation,
  SandboxDriver,
  SessionEnd,
  SessionNotice,
  Usage,
} from '../driver.ts'
import type { PolicyFinding } from '../egress.ts'
import type { SandboxEvent, SandboxEventOf } from '../event.ts'
import type { SandboxPlan } from '../plan/types.ts'
import type { Policy } from '../policy/types.ts'
import type { ExecResult } from '../result.ts'
import type { Command, ExecOptions, SpawnOptions } from './command.ts'
import type { SandboxContext } from './context.ts'
import type { SandboxCredentials } from './credentials.ts'
import { describeSandbox } from './describe.ts'
import { EventHub } from './events.ts'
import { GuestFiles } from './guest-files.ts'
import { GuestOverlays } from './guest-overlays.ts'
import { GuestPorts } from './guest-ports.ts'
import { Lifeline } from './lifeline.ts'
import { LiveCredentials } from './live-credentials.ts'
import { LiveNetwork } from './live-network.ts'
import { logText } from './log-text.ts'
import type { SandboxNetwork } from './network.ts'
import { noticeDenial } from './notice.ts'
import type { ChangeFilter, CommitOptions, CommitReport, SandboxChange } from './overlays.ts'
import type { SandboxFileSystem } from './file-system.ts'
import type { SandboxPorts } from './ports.ts'
import type { SandboxProcess, SandboxProcesses } from './process.ts'
import type { PolicyAudit } from './policy-audit.ts'
import { ProcessTable } from './process-table.ts'
import { requireCapability } from './require-capability.ts'
import { restrictedView } from './restricted.ts'
import type { RestrictedSandbox, Sandbox } from './sandbox.ts'
import type { WayOut } from './way-out.ts'

/** Everything that was decided before the sandbox started. */
export interface SandboxOrigin {
  readonly driver: SandboxDriver
  readonly policy: Policy
  readonly plan: SandboxPlan
  readonly enforcement: EnforcementReport
  readonly labels: Readonly<Record<string, string>>
  /** `null` when the plan has no network. It is the sandbox's from here on. */
  readonly wayOut: WayOut | null
  /** What was found about the policy, and looks at those that come later. */
  readonly audit: PolicyAudit
}

/** A session, as callers see it. */
export class LiveSandbox implements Sandbox {
  readonly id: string
  readonly driver: string
  readonly isolation: Isolation
  readonly capabilities: Capabilities
  readonly enforcement: EnforcementReport
  readonly labels: Readonly<Record<string, string>>
  readonly #context: SandboxContext
  readonly #processes: ProcessTable
  readonly #files: GuestFiles
  readonly #ports: GuestPorts
  readonly #overlays: GuestOverlays
  readonly #wayOut: WayOut | null
  readonly #network: LiveNetwork
  readonly #audit: PolicyAudit
  readonly #credentials: LiveCredentials
  #closing: Promise<void> | null = null

  constructor(origin: SandboxOrigin, session: DriverSession) {
    const { driver, plan } = origin
    this.id = plan.id
    this.driver = driver.name
    this.isolation = driver.isolation
    this.capabilities = Object.freeze({ ...driver.capabilities })
    this.enforcement = origin.enforcement
    this.labels = origin.labels
    this.#context = {
      plan,
      session,
      lifeline: new Lifeline(driver.name),
      events: new EventHub(),
      condemn: (detail) => void this.#end({ reason: 'killed', detail }),
    }
    this.#processes = new ProcessTable(this.#context)
    this.#files = new GuestFiles(this.#context)
    this.#ports = new GuestPorts(this.#context)
    this.#overlays = new GuestOverlays(this.#context)
    this.#wayOut = origin.wayOut
    this.#network = new LiveNetwork(this.#context, { ...origin, processes: this.#processes })
    this.#audit = origin.audit
    this.#credentials = new LiveCredentials(this.#context, {
      wayOut: origin.wayOut,
      policy: () => this.#network.policy,
    })
    void session.ended.then(
      (end) => this.#end(end),
      (error: unknown) => this.#end({ reason: 'link-lost', detail: String(error) }),
    )
  }

  get policy(): Policy {
    return this.#network.policy
  }

  get findings(): readonly PolicyFinding[] {
    return this.#audit.findings
  }

  get credentials(): SandboxCredentials {
    return this.#credentials
  }

  get network(): SandboxNetwork {
    return this.#network
  }

  get processes(): SandboxProcesses {
    return this.#processes
  }

  get fs(): SandboxFileSystem {
    return this.#files
  }

  get ports(): SandboxPorts {
    return this.#ports
  }

  async exec(command: Command, options: ExecOptions = {}): Promise<ExecResult> {
    this.#requireTerminal(options)
    const { stdin, ...rest } = options
    // A terminal that gets nothing gets its end, so that nothing waits for keys.
    const input = stdin ?? (options.terminal === undefined ? undefined : '')
    const how = { ...rest, stdin: input === undefined ? ('none' as const) : ('pipe' as const) }
    const process = await this.#processes.start(command, how, input)
    return process.wait()
  }

  async spawn(command: Command, options: SpawnOptions = {}): Promise<SandboxProcess> {
    this.#requireTerminal(options)
    return this.#processes.start(command, options)
  }

  changes(): Promise<SandboxChange[]> {
    return this.#overlays.changes()
  }

  commit(filter?: ChangeFilter, options?: CommitOptions): Promise<CommitReport> {
    return this.#overlays.commit(filter, options)
  }

  discard(filter?: ChangeFilter): Promise<number> {
    return this.#overlays.discard(filter)
  }

  events(options: { signal?: AbortSignal } = {}): AsyncIterableIterator<SandboxEvent> {
    return this.#context.events.read(options.signal)
  }

  on<Name extends SandboxEvent['type']>(
    name: Name,
    listener: (event: SandboxEventOf<Name>) => void,
  ): () => void {
    return this.#context.events.on(name, listener)
  }

  usage(): Promise<Usage> {
    return this.#context.lifeline.during(() => this.#context.session.usage())
  }

  describe(): string {
    return describeSandbox(this.policy, {
      plan: this.#context.plan,
      isCutOff: (this.#wayOut?.failure ?? null) !== null,
    })
  }

  restricted(): RestrictedSandbox {
    return restrictedView(this)
  }

  destroy(): Promise<void> {
    return this.#end({ reason: 'closed', detail: 'it was destroyed' })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.destroy()
  }

  /** Takes what the session tells by itself. */
  notice(notice: SessionNotice): void {
    const { events } = this.#context
    const time = Date.now()
    if (notice.kind === 'log') {
      events.emit({ type: 'log', time, message: logText(notice.message) })
    } else if (notice.kind === 'limit') {
      events.emit({ type: 'limit', time, processId: null, limit: notice.limit })
    } else {
      const denial = noticeDenial(notice)
      const ids = this.#processes.tell(denial)
      // Which of several commands did it cannot be told: then it is the event of none of them.
      const processId = ids.length === 1 ? (ids[0] ?? null) : null
      events.emit({ type: 'denial', time, processId, denial })
    }
  }

  /** A command that was promised a terminal and got none would wait, draw or ask wrongly. */
  #requireTerminal({ terminal }: Pick<SpawnOptions, 'terminal'>): void {
    const { driver, capabilities } = this
    if (terminal !== undefined)
      requireCapability({ driver, capabilities, name: 'pty', wanted: 'terminals' })
  }

  #end(end: SessionEnd): Promise<void> {
    this.#closing ??= this.#close(end)
    return this.#closing
  }

  /**
   * However it ended, everything is given back: a session that died by itself left things behind. The way
   * out goes last, as long as something inside could still ask for it.
   */
  async #close(end: SessionEnd): Promise<void> {
    const { lifeline, events, session } = this.#context
    lifeline.cut(end)
    try {
      await Promise.all([this.#ports.closeAll(), session.close()])
    } finally {
      await this.#wayOut?.close()
    }
    events.emit({ type: 'end', time: Date.now(), reason: end.reason, detail: end.detail })
  }
}
