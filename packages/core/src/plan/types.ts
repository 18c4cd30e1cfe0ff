import type { EgressDoor } from '../egress.ts'
import type { MountAccess } from '../policy/types.ts'

/** A host path shown read-only at the same place inside, or a symbolic link made there. */
export type SystemEntry =
  | { readonly kind: 'bind'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly to: string }
  /** A file made for the sandbox (`/etc/passwd`, `/etc/hosts` …); base64 where its bytes are no text. */
  | {
      readonly kind: 'file'
      readonly path: string
      readonly content: string
      readonly encoding?: 'base64' | undefined
    }

/** One glob of `deny` or `protect`, split at `/`; a component `**` matches any number of folders. */
export interface PathRule {
  /** The clause it came from: `filesystem.deny[0]`, `filesystem.protect[1]`, `protectDefaults:.git/hooks`. */
  readonly rule: string
  readonly components: readonly string[]
  /** Restricts the rule to one kind of file. Missing: any. */
  readonly only?: 'file' | 'directory' | undefined
}

/** A mount with every default spelled out. */
export interface PlannedMount {
  /** Canonical path on the host. */
  readonly source: string
  /** Absolute path inside. */
  readonly target: string
  readonly access: MountAccess
  readonly kind: 'directory' | 'file'
  /** The clause: `filesystem.mounts[0]`. */
  readonly rule: string
  /** Hidden inside this mount. */
  readonly deny: readonly PathRule[]
  /** Read-only inside this mount; empty when `access` is `read`. */
  readonly protect: readonly PathRule[]
}

/** Limits with their defaults; `null` is no bound. */
export interface PlannedLimits {
  readonly cpus: number | null
  readonly memoryBytes: number
  readonly pids: number
  readonly diskBytes: number
  readonly openFiles: number
  readonly wallTimeMs: number | null
  readonly outputBytes: number | null
}

/** The network of a sandbox: nothing but loopback, or loopback with doors that lead to the egress proxy. */
export type PlannedNetwork =
  { readonly kind: 'none' } | { readonly kind: 'egress'; readonly doors: readonly EgressDoor[] }

/**
 * A policy made concrete: plain data, every path canonical, every mount in order (a parent before
 * what lies inside it), every default spelled out. Drivers read this, never the policy.
 */
export interface SandboxPlan {
  readonly id: string
  readonly system: readonly SystemEntry[]
  readonly image: string | null
  readonly mounts: readonly PlannedMount[]
  readonly scratch: { readonly tmpBytes: number; readonly home: string; readonly homeBytes: number }
  /** Everything that commands get unless they ask for more. */
  readonly environment: Readonly<Record<string, string>>
  /** Where commands start: the first mount's target, or the home. */
  readonly workingDirectory: string
  readonly process: {
    /** User and group inside; the same numbers outside. */
    readonly uid: number
    readonly gid: number
    readonly hostname: string
    readonly unixSockets: boolean
  }
  readonly limits: PlannedLimits
  readonly network: PlannedNetwork
}
