import type { Capabilities, EgressGateway, Policy, Sandbox, SandboxDriver } from '@caisson/core'
import type { EgressOptions } from '@caisson/egress-proxy'
import type { HostListeners } from './host-listen.ts'
import type { HostProbe } from './host-probe.ts'
import type { HostProcesses } from './host-process-launch.ts'

/** The parts of the promise; one file of `behaviours/` each. */
export type Area =
  | 'files'
  | 'links'
  | 'special-files'
  | 'deny'
  | 'protect'
  | 'git'
  | 'overlay'
  | 'processes'
  | 'processes-exit'
  | 'ipc'
  | 'namespaces'
  | 'network'
  | 'egress'
  | 'credentials'
  | 'limits'
  | 'streams'
  | 'terminal'
  | 'environment'
  | 'lifecycle'
  | 'denials'

/** The name of something that a driver may or may not be able to do. */
export type CapabilityName = keyof Capabilities

/** What a behaviour may ask for when it creates a sandbox. */
export interface SandboxWishes {
  /** Aborts the creation. */
  readonly signal?: AbortSignal | undefined
  /** Makes the way out of the sandbox. */
  readonly gateway?: EgressGateway | undefined
}

/** What a behaviour is given: a driver, a place to work, and eyes and hands outside the sandbox. */
export interface ConformanceContext {
  readonly driver: SandboxDriver
  /** A fresh, canonical folder on the host, owned by the current user; removed afterwards. */
  readonly workDir: string
  /** Creates a sandbox that is destroyed after the behaviour. Nothing weaker is accepted. */
  createSandbox(policy: Policy, wishes?: SandboxWishes): Promise<Sandbox>
  /** Makes `workDir/name` and returns its path. */
  folder(name: string): Promise<string>
  /** Runs after the behaviour, last registered first, whether it passed or not. */
  defer(cleanup: () => Promise<unknown> | void): void
  readonly host: HostProbe
  readonly hostProcesses: HostProcesses
  readonly hostListeners: HostListeners
  /** How the way out is made, beside what a behaviour asks of it. */
  readonly egress: EgressOptions
  /** How another Node process can create this driver, or `null` when the caller did not say. */
  readonly elsewhere: DriverModule | null
}

/** Names a driver in a way that another process can import. */
export interface DriverModule {
  /** `file:` URL or package name. */
  readonly module: string
  /** The exported function that returns the driver. */
  readonly factory: string
  /** Its first argument; must survive JSON. */
  readonly options?: unknown
}

/** One promise of every driver: data, with an assertion that rejects when the promise is broken. */
export interface Behaviour {
  /** Stable, unique: `files.create`. */
  readonly id: string
  readonly area: Area
  /** The promise in the present tense, without its subject. */
  readonly title: string
  /** Skipped, with the reason told, on drivers that do not claim these. */
  readonly requires?: readonly CapabilityName[]
  /** Runs only on drivers that do not claim these: it shows that they refuse. */
  readonly lacks?: readonly CapabilityName[]
  /** Programs that must exist inside; skipped, with the reason told, where one does not. */
  readonly tools?: readonly string[]
  /** Would harm the machine if the driver held nothing: never run it on one that is not trusted to. */
  readonly hazard?: true
  /** Default 20,000. */
  readonly timeoutMs?: number
  /** Rejects when the promise is broken. */
  run(context: ConformanceContext): Promise<void>
}

/** Thrown to say that a behaviour cannot be observed on this machine. */
export class BehaviourSkipped extends Error {
  readonly reason: string

  /** The reason is shown to the reader. */
  constructor(reason: string) {
    super(`skipped: ${reason}`)
    this.name = 'BehaviourSkipped'
    this.reason = reason
  }
}

/** Ends a behaviour as skipped; the reason is shown to the reader. */
export function skip(reason: string): never {
  throw new BehaviourSkipped(reason)
}
