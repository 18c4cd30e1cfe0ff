import type { Capabilities, EnforcementReport, Isolation, Usage } from '../driver.ts'
import type { PolicyFinding } from '../egress.ts'
import type { SandboxEvent, SandboxEventOf } from '../event.ts'
import type { Policy } from '../policy/types.ts'
import type { ExecResult } from '../result.ts'
import type { Command, ExecOptions, SpawnOptions } from './command.ts'
import type { SandboxFileSystem } from './file-system.ts'
import type { CommitReport, CommitOptions, ChangeFilter, SandboxChange } from './overlays.ts'
import type { SandboxCredentials } from './credentials.ts'
import type { SandboxNetwork } from './network.ts'
import type { SandboxPorts } from './ports.ts'
import type { SandboxProcess, SandboxProcesses } from './process.ts'

/**
 * What a tool may hold: commands, files and servers inside, and nothing that ends the sandbox, changes
 * what it may do, tells of the host, or carries anything to it.
 */
export interface RestrictedSandbox {
  /** Names the sandbox, for logs. */
  readonly id: string
  /** The driver's name. */
  readonly driver: string
  readonly isolation: Isolation
  readonly capabilities: Capabilities
  /** What the creator wrote on it. */
  readonly labels: Readonly<Record<string, string>>
  readonly fs: SandboxFileSystem
  readonly processes: SandboxProcesses
  /** Servers inside, without `forward`: only the owner opens ports of the host. */
  readonly ports: Pick<SandboxPorts, 'waitFor' | 'list'>
  /** As of {@link Sandbox}. */
  exec(command: Command, options?: ExecOptions): Promise<ExecResult>
  /** As of {@link Sandbox}. */
  spawn(command: Command, options?: SpawnOptions): Promise<SandboxProcess>
  /** As of {@link Sandbox}. */
  changes(): Promise<SandboxChange[]>
  /** As of {@link Sandbox}. */
  usage(): Promise<Usage>
  /** As of {@link Sandbox}. */
  describe(): string
}

/**
 * A sandbox that runs. Every member that does something rejects with `SANDBOX_ENDED` once it is over,
 * whether by `destroy` or by itself; the readonly data stay.
 */
export interface Sandbox extends AsyncDisposable {
  /** Names the sandbox: 1 to 64 letters, digits, `_` and `-`. */
  readonly id: string
  /** The name of the driver that runs it. */
  readonly driver: string
  /** How strong the wall is. */
  readonly isolation: Isolation
  /**
   * The policy that counts now, parsed and frozen: `network.update` puts another in its place. The text of
   * `static` secrets is empty in it, so that it can be shown; it does not parse then.
   */
  readonly policy: Policy
  /**
   * Ways by which data could leave in spite of this policy, worst first. Empty with `audit: 'off'`, without a
   * way out, and with a gateway that does not look.
   */
  readonly findings: readonly PolicyFinding[]
  /** What this driver can do beyond the contract. */
  readonly capabilities: Capabilities
  /** Per clause of the policy: who enforces it here. */
  readonly enforcement: EnforcementReport
  /** What the creator wrote on it. */
  readonly labels: Readonly<Record<string, string>>

  /**
   * Runs a command to its end. A non-zero exit, a time-out and an abort are results. Rejects with
   * `SPAWN_FAILED` when it cannot be started, and with `ABORTED` when the signal was aborted before.
   * What the command leaves in the background keeps running, unless it was killed.
   */
  exec(command: Command, options?: ExecOptions): Promise<ExecResult>
  /** Starts a command and gives the caller its streams. Rejects as `exec` does. */
  spawn(command: Command, options?: SpawnOptions): Promise<SandboxProcess>
  /** What still runs. */
  readonly processes: SandboxProcesses
  /** Files, as the sandbox sees them. */
  readonly fs: SandboxFileSystem
  /** Servers inside, reached from the host on loopback. */
  readonly ports: SandboxPorts
  /** What may be reached of the world outside, and how much went through. */
  readonly network: SandboxNetwork
  /** What the way out adds to requests. Not for tools. */
  readonly credentials: SandboxCredentials

  /** What differs between the overlay mounts and the host, of all of them. `LIMIT` above 100 000. */
  changes(): Promise<SandboxChange[]>
  /**
   * Carries changes of overlay mounts to the host while every process inside is stopped. What lies
   * there was written by the sandbox: no link is followed or made that leads out of the mount, no
   * special file and no setuid bit is carried over, what the policy protects or hides is skipped, and
   * each skipped change says why. Rejects with `COMMIT_REFUSED` or `TIMEOUT` when nothing can be
   * carried safely. Files are replaced one by one, each as a whole; it is not a transaction.
   */
  commit(filter?: ChangeFilter, options?: CommitOptions): Promise<CommitReport>
  /** Forgets changes of overlay mounts, so that the host's state shows again. Returns how many. */
  discard(filter?: ChangeFilter): Promise<number>

  /** Everything that happens from now on, ending with `end`. A reader that falls far behind loses the oldest. */
  events(options?: { signal?: AbortSignal }): AsyncIterableIterator<SandboxEvent>
  /** Calls back for each event of a name; the returned function stops that. */
  on<Name extends SandboxEvent['type']>(
    name: Name,
    listener: (event: SandboxEventOf<Name>) => void,
  ): () => void

  /** Figures of the whole sandbox; `null` where the driver cannot know. */
  usage(): Promise<Usage>
  /** What the sandbox may see and do, in prose for a model's prompt. */
  describe(): string
  /** A view to hand to tools. */
  restricted(): RestrictedSandbox
  /**
   * Ends every process inside, then the way out, and gives back all that was taken of the host. Running
   * commands reject with `SANDBOX_ENDED`. Idempotent; never rejects.
   */
  destroy(): Promise<void>
  /** The same as `destroy`. */
  [Symbol.asyncDispose](): Promise<void>
}
