import { randomBytes } from 'node:crypto'
import type { DriverSession, LaunchContext, SandboxDriver, SessionNotice } from './driver.ts'
import type { EgressGateway } from './egress.ts'
import { SandboxError } from './errors.ts'
import { checkSupport, wayOutClause } from './plan/check-support.ts'
import { planSandbox } from './plan/plan.ts'
import { probeHost } from './plan/probe-host.ts'
import { parsePolicy } from './policy/parse.ts'
import type { Policy } from './policy/types.ts'
import { acceptEnforcement } from './sandbox/accept-enforcement.ts'
import { refuseUnknown } from './sandbox/check-options.ts'
import { chooseDriver, type DriverRequirement } from './sandbox/choose-driver.ts'
import { checkedDuration, refuseAborted } from './sandbox/command.ts'
import { LiveSandbox, type SandboxOrigin } from './sandbox/live-sandbox.ts'
import { type AuditMode, checkAuditMode, PolicyAudit } from './sandbox/policy-audit.ts'
import { requireCapability } from './sandbox/require-capability.ts'
import type { Sandbox } from './sandbox/sandbox.ts'
import { checkGateway, WayOut } from './sandbox/way-out.ts'

/** What `createSandbox` takes, but for the driver. */
export interface SandboxOptions {
  /** What the sandbox may see, reach and use. Missing means nothing allowed. */
  readonly policy: Policy
  /** What the driver has to be; a driver that is less is passed over. Default: anything. */
  readonly require?: DriverRequirement | undefined
  /** For your own bookkeeping; told by `sandbox.labels`, and meaning nothing to the library. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** Clauses that may go unenforced, by the names of the enforcement report. Default: none. */
  readonly allowWeaker?: readonly string[] | undefined
  /**
   * Makes the way out of a sandbox whose policy names something to reach; it is not asked for one
   * otherwise. Core has none of its own: pass `egressGateway()` of @caisson/egress-proxy. Default: none,
   * and such a policy is refused.
   */
  readonly gateway?: EgressGateway | undefined
  /**
   * Whether the gateway looks for ways by which data could leave in spite of the policy, now and at each
   * update. `warn` (default): what is critical or high is told once, as events `log`. `strict`: it is refused
   * with `POLICY_INVALID` before anything starts. `off`: nobody looks.
   */
  readonly audit?: AuditMode | undefined
  /** Aborting while the sandbox is made undoes everything and rejects with `ABORTED`. */
  readonly signal?: AbortSignal | undefined
  /** After this time everything is undone and `TIMEOUT` rejects, in milliseconds. Default 30 000. */
  readonly timeoutMs?: number | undefined
}

/** Options of {@link createSandbox}: one driver, or several in the order of preference. */
export type CreateSandboxOptions = SandboxOptions &
  (
    | { readonly driver: SandboxDriver; readonly drivers?: undefined }
    | { readonly drivers: readonly SandboxDriver[]; readonly driver?: undefined }
  )

const defaultTimeoutMs = 30_000
const undoGraceMs = 5_000
const known = [
  'policy',
  'driver',
  'drivers',
  'require',
  'labels',
  'allowWeaker',
  'gateway',
  'audit',
  'signal',
  'timeoutMs',
] as const

/** What was chosen before there is a plan. */
interface Chosen {
  readonly driver: SandboxDriver
  readonly policy: Policy
  readonly id: string
  readonly wayOut: WayOut | null
  readonly audit: PolicyAudit
}

/** A sandbox whose way out broke while it started could do less than was promised. */
async function refuseCutOff(
  { driver, wayOut }: SandboxOrigin,
  session: DriverSession,
): Promise<void> {
  const failure = wayOut?.failure ?? null
  if (failure === null) return
  await session.close()
  throw new SandboxError('LAUNCH_FAILED', `the way out failed meanwhile: ${failure}`, {
    driver: driver.name,
    retryable: true,
  })
}

/** Creation as far as it got; what a session says before there is a sandbox to hear it is kept. */
class Creation {
  readonly #options: CreateSandboxOptions
  readonly #signal: AbortSignal
  #early: SessionNotice[] = []
  #sandbox: LiveSandbox | null = null

  constructor(options: CreateSandboxOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
  }

  async run(): Promise<Sandbox> {
    const { drivers, driver, require: required = {} } = this.#options
    const gateway = checkGateway(this.#options.gateway)
    const policy = parsePolicy(this.#options.policy)
    const reaches = wayOutClause(policy) !== null
    checkSupport(policy, gateway !== null && reaches)
    const audit = new PolicyAudit(gateway, checkAuditMode(this.#options.audit))
    const lines = reaches ? audit.accept(audit.judge(policy)) : []
    const chosen = await chooseDriver(
      driver === undefined ? drivers : [driver],
      required,
      this.#signal,
    )
    const id = `c${randomBytes(8).toString('hex')}`
    const wayOut = await this.#openWayOut(gateway, policy, id)
    for (const line of lines) wayOut?.say(line)
    try {
      this.#signal.throwIfAborted()
      const origin = await this.#plan({ driver: chosen, policy, id, wayOut, audit })
      return await this.#launch(origin)
    } catch (error) {
      await wayOut?.close()
      throw error
    }
  }

  /** A policy that reaches nothing gets no way out: what is not there needs no guard. */
  async #openWayOut(
    gateway: EgressGateway | null,
    policy: Policy,
    id: string,
  ): Promise<WayOut | null> {
    if (gateway === null || wayOutClause(policy) === null) return null
    return WayOut.open(gateway, { sandboxId: id, policy, signal: this.#signal })
  }

  /** Everything that is decided before the sandbox starts. */
  async #plan({ driver, policy, id, wayOut, audit }: Chosen): Promise<SandboxOrigin> {
    const facts = await probeHost(policy)
    const plan = planSandbox(policy, facts, { id, egress: wayOut?.session })
    if (plan.mounts.some(({ access }) => access === 'overlay'))
      requireCapability({
        driver: driver.name,
        capabilities: driver.capabilities,
        name: 'overlay',
        wanted: 'overlay mounts',
      })
    const enforcement = await driver.enforcement(plan)
    acceptEnforcement(driver, enforcement, this.#options.allowWeaker ?? [])
    this.#signal.throwIfAborted()
    const labels = Object.freeze({ ...this.#options.labels })
    return { driver, policy, plan, enforcement, labels, wayOut, audit }
  }

  async #launch(origin: SandboxOrigin): Promise<Sandbox> {
    const context: LaunchContext = {
      signal: this.#signal,
      allowWeaker: [...(this.#options.allowWeaker ?? [])],
      egress: origin.wayOut?.session ?? null,
      onNotice: (notice) => this.#hear(notice),
    }
    const session = await origin.driver.launch(origin.plan, context)
    await this.#refuseLate(session)
    await refuseCutOff(origin, session)
    const sandbox = new LiveSandbox(origin, session)
    this.#sandbox = sandbox
    // Told after the caller had a chance to listen.
    setImmediate(() => {
      for (const notice of this.#early) sandbox.notice(notice)
      this.#early = []
    })
    return sandbox
  }

  /** A driver that was not told in time, or did not listen, has its session taken down again. */
  async #refuseLate(session: DriverSession): Promise<void> {
    if (!this.#signal.aborted) return
    await session.close()
    this.#signal.throwIfAborted()
  }

  #hear(notice: SessionNotice): void {
    if (this.#sandbox !== null) this.#sandbox.notice(notice)
    else if (this.#early.length < 1024) this.#early.push(notice)
  }
}

function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason))
}

/** Rejects some time after an abort. `cancel` lets go of the signal and the timer. */
function graceAfter(signal: AbortSignal): { over: Promise<never>; cancel: () => void } {
  let cancel: () => void = () => undefined
  const over = new Promise<never>((_, reject) => {
    let timer: NodeJS.Timeout | undefined
    const onAbort = (): void => {
      timer = setTimeout(() => reject(abortReason(signal)), undoGraceMs)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    cancel = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    }
  })
  return { over, cancel }
}

/**
 * Waits for the sandbox. After an abort the driver has a while to undo what it did, so that a caller
 * that sees the rejection finds nothing left; what comes even later is taken down when it comes.
 */
async function settled(work: Promise<Sandbox>, signal: AbortSignal): Promise<Sandbox> {
  const grace = graceAfter(signal)
  const takeDown = work.then(
    (sandbox) => (signal.aborted ? sandbox.destroy() : undefined),
    () => undefined,
  )
  try {
    const sandbox = await Promise.race([work, grace.over])
    await takeDown
    signal.throwIfAborted()
    return sandbox
  } catch (error) {
    // A driver that was told to stop reports that in words of its own; the reason is the caller's.
    throw signal.aborted ? abortReason(signal) : error
  } finally {
    grace.cancel()
  }
}

/**
 * Makes a sandbox: parses the policy, takes the first driver that can run here and is what is
 * required, plans, asks who enforces each clause, and starts it. Nothing ever falls back to a weaker
 * driver, or to no sandbox.
 *
 * ```ts
 * await using sandbox = await createSandbox({ driver, policy: { filesystem: { mounts: [] } } })
 * const { stdout } = await sandbox.exec('echo hello')
 * ```
 *
 * @throws SandboxError `POLICY_INVALID`, also for what a strict audit finds; `DRIVER_UNAVAILABLE`, which names every driver and why it was
 * passed over; `POLICY_UNSUPPORTED` for a clause that nobody would enforce, and for something to reach
 * without a `gateway`; `LAUNCH_FAILED`; `ABORTED`; `TIMEOUT`.
 * @throws TypeError for an option or a requirement that is none: nothing that was asked for is ignored.
 */
export async function createSandbox(options: CreateSandboxOptions): Promise<Sandbox> {
  refuseUnknown('createSandbox', options, known)
  if (options.driver !== undefined && options.drivers !== undefined)
    throw new TypeError('createSandbox takes `driver` or `drivers`, not both')
  const timeoutMs = checkedDuration('timeoutMs', options.timeoutMs ?? defaultTimeoutMs)
  refuseAborted(options.signal)
  const stop = new AbortController()
  const onAbort = (): void =>
    stop.abort(
      new SandboxError('ABORTED', 'making the sandbox was aborted', {
        cause: options.signal?.reason,
      }),
    )
  const onLate = (): void =>
    stop.abort(
      new SandboxError('TIMEOUT', `the sandbox was not there within ${timeoutMs} ms`, {
        retryable: true,
      }),
    )
  options.signal?.addEventListener('abort', onAbort, { once: true })
  const timer = setTimeout(onLate, timeoutMs)
  try {
    return await settled(new Creation(options, stop.signal).run(), stop.signal)
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', onAbort)
  }
}
