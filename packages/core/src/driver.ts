import type { Duplex } from 'node:stream'
import type { EgressPeer, EgressSession } from './egress.ts'
import type { SandboxPlan } from './plan/types.ts'

/** How strong the wall is: the host's kernel with filters, a kernel in user space, or a machine. */
export type Isolation = 'process' | 'kernel' | 'vm'

/** One thing that stands in the way of a driver, or that weakens it. */
export interface ProbeFinding {
  /** A stable word, such as `bwrap-missing`. */
  readonly code: string
  /** `blocking`: the driver cannot run; `warning`: it can, with what the message says. */
  readonly severity: 'blocking' | 'warning'
  readonly message: string
  /** A command to paste, or a sentence. */
  readonly remedy: string
}

/** Whether a driver can run here. */
export interface Probe {
  readonly available: boolean
  readonly findings: readonly ProbeFinding[]
  /** What was found: versions, kernel, cgroup kind. For humans. */
  readonly facts: Readonly<Record<string, string>>
}

/** Who enforces a clause. `launch`: true when the sandbox starts, watched afterwards. */
export type EnforcedBy = 'kernel' | 'proxy' | 'launch' | 'none'

/** The answer for one clause of the policy. */
export interface ClauseEnforcement {
  /** `filesystem.mounts`, `filesystem.deny`, `filesystem.protect`, `resources.memoryMiB` … */
  readonly clause: string
  readonly by: EnforcedBy
  /** How, in a few words: `mount namespace`, `cgroup v1`, `rlimit, per process`. */
  readonly detail: string
}

/** Per clause of the policy: who enforces it. */
export interface EnforcementReport {
  readonly clauses: readonly ClauseEnforcement[]
}

/** What a driver can do beyond the contract. Closed list; a caller may rely on it before creating. */
export interface Capabilities {
  /** One long-lived sandbox: background processes, `/tmp` and servers live from one command to the next. */
  readonly resident: boolean
  readonly overlay: boolean
  readonly pty: boolean
  readonly ports: boolean
  readonly snapshot: boolean
}

/** What `launch` gets beside the plan. */
export interface LaunchContext {
  readonly signal?: AbortSignal | undefined
  /** Clauses that the caller accepted although the driver cannot enforce them. */
  readonly allowWeaker: readonly string[]
  /**
   * The way out. The driver listens inside at `plan.network.doors` and hands each socket over, or relays
   * what arrives there; `null` when the plan has no network. Core closes it, after the session.
   */
  readonly egress: EgressSession | null
  /** Something worth telling happened while no command was being waited for. */
  onNotice(notice: SessionNotice): void
}

/** What a session tells by itself. */
export type SessionNotice =
  | { readonly kind: 'protect-created'; readonly path: string; readonly rule: string }
  | { readonly kind: 'deny-created'; readonly path: string; readonly rule: string }
  | { readonly kind: 'limit'; readonly limit: 'memory' | 'pids' | 'disk' }
  | { readonly kind: 'log'; readonly message: string }

/** How a sandbox came to its end. */
export interface SessionEnd {
  readonly reason: 'closed' | 'killed' | 'link-lost' | 'protocol'
  readonly detail: string
}

/** Figures of a whole sandbox; `null` where the driver cannot know. */
export interface Usage {
  readonly memoryBytes: number | null
  readonly peakMemoryBytes: number | null
  readonly cpuMs: number | null
  readonly processes: number | null
}

/** Columns and rows of a terminal. */
export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

/** A command, complete: core fills in every field. */
export interface SpawnRequest {
  readonly argv: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly workingDirectory: string
  readonly stdin: 'none' | 'pipe'
  /** `merge` writes both to one pipe, in exact order, told as stdout. */
  readonly stderr: 'pipe' | 'merge'
  readonly terminal: TerminalSize | null
}

/** How a command ended. */
export interface DriverExit {
  /** Exit code, or `null` when a signal ended it. */
  readonly exitCode: number | null
  /** `SIGKILL` …, or `null`. */
  readonly signal: string | null
  /** Processor time of the command and those of its descendants that it waited for. */
  readonly cpuMs: number
  readonly peakMemoryBytes: number
  /** Limits of the sandbox that were hit while this command ran, whoever hit them. */
  readonly limitsHit: readonly ('memory' | 'pids' | 'disk')[]
}

/** Which output a chunk came from. With a terminal everything is `stdout`. */
export type OutputStream = 'stdout' | 'stderr'

/**
 * A running command. Output is pushed, in the order in which it was seen, and paced by credit: a
 * stream whose chunks are not reported as `consumed` stops after a bounded amount, alone.
 */
export interface DriverProcess {
  /** A number that names the process inside. */
  readonly pid: number
  /** The one receiver of output; chunks that came before it was set are delivered on setting. */
  onOutput(listener: (stream: OutputStream, chunk: Uint8Array) => void): void
  /** Gives credit back. */
  consumed(stream: OutputStream, bytes: number): void
  /** Resolves when the bytes were handed over; rejects with `EPIPE` when the reader is gone. */
  write(chunk: Uint8Array): Promise<void>
  /** Ends the command's input, after what was written. */
  closeStdin(): void
  /** Sends a signal to the command's process group, or to every process that descends from it. */
  kill(signal: string, scope: 'group' | 'tree'): Promise<void>
  /** Tells the terminal its new size; ignored without one. */
  resize(size: TerminalSize): void
  /** The command itself ended, and what it had written was delivered. Rejects when the sandbox ends first. */
  readonly exited: Promise<DriverExit>
  /** No process that descends from the command is left and both streams are closed. Never rejects. */
  readonly gone: Promise<void>
}

/** What kind of file something is. */
export type FileKind = 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'device'

/** `stat` of a file inside. */
export interface FileStat {
  readonly kind: FileKind
  readonly size: number
  /** Permission bits, `0o7777` at most. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly links: number
  readonly inode: number
  /** Milliseconds since the epoch, with fractions. */
  readonly modifiedMs: number
  readonly accessedMs: number
  readonly changedMs: number
}

/** One name of a folder. */
export interface DirectoryEntry {
  readonly name: string
  readonly kind: FileKind
}

/** Something changed in a watched folder. */
export interface WatchEvent {
  readonly type: 'create' | 'modify' | 'remove' | 'overflow'
  /** Absolute path inside; the watched root when `type` is `overflow`. */
  readonly path: string
}

/** How `writeFile` writes. */
export interface WriteOptions {
  readonly mode: number
  /** `replace` truncates or creates, `append` appends or creates, `new` fails with `EEXIST`. */
  readonly how: 'replace' | 'append' | 'new'
}

/**
 * File operations, performed inside the sandbox with its rights. Paths are absolute. Failures are
 * `SandboxError` `FILE` with `errno`.
 */
export interface DriverFileSystem {
  /** Facts of a file, or of the link itself. */
  stat(path: string, followLinks: boolean): Promise<FileStat>
  /** Names in a folder, without `.` and `..`, in no order. */
  list(path: string): Promise<DirectoryEntry[]>
  /** Whole file, `maxBytes` at most, else `LIMIT`. */
  read(path: string, maxBytes: number): Promise<Uint8Array>
  /** Writes the whole data. Not atomic: a reader inside can see a part. */
  write(path: string, data: Uint8Array, options: WriteOptions): Promise<void>
  /** Makes a folder; with `recursive` the missing ones above it too, and an existing one is fine. */
  makeDirectory(path: string, recursive: boolean, mode: number): Promise<void>
  /** Removes a file, a link or an empty folder; with `recursive` what lies below, following no link. */
  remove(path: string, recursive: boolean): Promise<void>
  /** Renames, replacing what `rename(2)` replaces. */
  rename(from: string, to: string): Promise<void>
  /** Copies a file, or a folder with all below it; links are copied as links. */
  copy(from: string, to: string): Promise<void>
  /** Sets permission bits; follows links. */
  chmod(path: string, mode: number): Promise<void>
  /** The target of a link, as it is written in it. */
  readLink(path: string): Promise<string>
  /** The path with every link resolved, as the sandbox sees it. */
  realPath(path: string): Promise<string>
  /** Makes a link; `target` is not looked at. */
  symlink(target: string, path: string): Promise<void>
  /** Cuts a file, or lengthens it with zeros. */
  truncate(path: string, size: number): Promise<void>
  /** Sets both times, in milliseconds since the epoch; follows links. */
  setTimes(path: string, accessedMs: number, modifiedMs: number): Promise<void>
  /** Changes at a path, until the signal is aborted, the loop is left, or the sandbox ends. */
  watch(
    path: string,
    options: { recursive: boolean; signal?: AbortSignal | undefined },
  ): AsyncIterable<WatchEvent>
  /** A POSIX (pax) tar stream of what lies below `path`. */
  tarOut(path: string): AsyncIterable<Uint8Array>
  /** Unpacks below `path`; nothing lands outside it, no link is followed. */
  tarIn(path: string, tar: AsyncIterable<Uint8Array>): Promise<void>
}

/** One difference between an overlay mount and the host's folder below it. */
export interface OverlayChange {
  /** Path relative to the mount, with `/`. Never empty, absolute, or with `.` or `..` components. */
  readonly path: string
  readonly type: 'created' | 'modified' | 'deleted'
  /** What it is now; what it was, for `deleted`. */
  readonly kind: FileKind
  /** Bytes; 0 for anything but files. */
  readonly size: number
  readonly mode: number
}

/** The upper layers of overlay mounts. What lies there was written by the sandbox: hostile data. */
export interface DriverOverlays {
  /** Every difference of the overlay at `target`, parents before children, `maxEntries` at most, else `LIMIT`. */
  changes(target: string, maxEntries: number): Promise<OverlayChange[]>
  /** Reads a changed regular file without following links; `maxBytes` at most, else `LIMIT`. */
  read(target: string, path: string, maxBytes: number): Promise<Uint8Array>
  /** The target of a changed symbolic link. */
  readLink(target: string, path: string): Promise<string>
  /** Forgets the differences at these paths, so that the host's state shows again. */
  discard(target: string, paths: readonly string[]): Promise<void>
  /**
   * Stops every process inside for the time of `work`, so that it sees one consistent state; rejects
   * with `TIMEOUT` when they could not all be stopped.
   */
  frozen<T>(work: () => Promise<T>): Promise<T>
}

/** A process that still runs. */
export interface RunningProcess {
  readonly pid: number
  readonly argv: readonly string[]
}

/** A live sandbox, as a driver hands it to core. */
export interface DriverSession {
  /** Starts a command; rejects with `SPAWN_FAILED` when that fails. */
  spawn(request: SpawnRequest): Promise<DriverProcess>
  readonly fs: DriverFileSystem
  readonly overlays: DriverOverlays | null
  /** A connection to a TCP port on loopback inside. */
  connect(port: number): Promise<Duplex>
  /** TCP ports that something inside listens on. */
  listeningPorts(): Promise<number[]>
  readonly ended: Promise<SessionEnd>
  /** Figures of the whole sandbox, as of now. */
  usage(): Promise<Usage>
  /**
   * The `pid` of the command to which the process belongs that holds this end of a connection, whether the
   * command still runs or not; `null` when nobody holds it (any more) or that cannot be told. Never rejects.
   */
  ownerOf(peer: EgressPeer): Promise<number | null>
  /** Ends every process inside and gives back all that `launch` made. Idempotent; never rejects. */
  close(): Promise<void>
}

/** What an isolation tier implements. */
export interface SandboxDriver {
  readonly name: string
  readonly isolation: Isolation
  readonly capabilities: Capabilities
  /** Looks; never throws. */
  probe(options?: { signal?: AbortSignal | undefined }): Promise<Probe>
  /** Who enforces what, for this plan on this machine. Starts nothing. */
  enforcement(plan: SandboxPlan): Promise<EnforcementReport>
  /** Starts the sandbox; resolves when it answered. Undoes everything when it fails. */
  launch(plan: SandboxPlan, context: LaunchContext): Promise<DriverSession>
}
