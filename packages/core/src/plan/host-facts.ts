import type { TrustFacts } from './trust.ts'
import type { SystemEntry } from './types.ts'

/** What lies at a path of the host. `other` is a socket, a device or a fifo. */
export type HostPathKind = 'directory' | 'file' | 'symlink' | 'other' | 'missing' | 'unreadable'

/** What the host knows about the source of one mount of the policy. */
export interface SourceFact {
  /** The source as the policy writes it. */
  readonly given: string
  /** The path with every symbolic link resolved, or `null` when there is no such file. */
  readonly canonical: string | null
  /** Never `symlink`: links are followed. */
  readonly kind: Exclude<HostPathKind, 'symlink'>
}

/**
 * Everything that planning must know about the host, gathered before by `probeHost`. Plain data, so
 * that planning is pure and can be tried for any host.
 */
export interface HostFacts {
  /** The user and group that the host process runs as. */
  readonly user: { readonly uid: number; readonly gid: number }
  /** Every spelling of the home of that user, canonical ones included. */
  readonly homes: readonly string[]
  /** The values of the host that a sandbox inherits. */
  readonly environment: { readonly LANG?: string | undefined; readonly TERM?: string | undefined }
  /** Folders, files and links of the system view that exist here. */
  readonly system: readonly SystemEntry[]
  /** One for each mount of the policy, in its order. */
  readonly sources: readonly SourceFact[]
  /**
   * What lies at the host paths on which nested mounts would land, by path. `symlink` when the path or
   * a folder above it is one.
   */
  readonly mountPoints: Readonly<Record<string, HostPathKind>>
  /** Whom the host trusts; missing where the policy reaches nothing. */
  readonly trust?: TrustFacts | undefined
}
