import type { OverlayChange } from '../driver.ts'

/** One difference between an overlay mount and the host's folder below it. */
export interface SandboxChange extends OverlayChange {
  /** Target of the mount that it is in. */
  readonly mount: string
  /** Its absolute path inside. */
  readonly absolutePath: string
  /** Whether the policy keeps `commit` from carrying it to the host. */
  readonly protected: boolean
  /** The clause that does: a `protect` or a `deny` rule; `null` when none. */
  readonly rule: string | null
}

/**
 * Picks changes: a function, or globs as the policy knows them (`*`, `?`, `**`), relative to the mount
 * or absolute inside; a glob picks what lies below what it matches, too.
 */
export type ChangeFilter = ((change: SandboxChange) => boolean) | readonly string[]

/** Options of `commit`. */
export interface CommitOptions {
  /**
   * Larger files are skipped, and so is what goes beyond `resources.diskMiB` in all, as a file with holes
   * does. Default 256 MiB.
   */
  readonly maxFileBytes?: number | undefined
}

/** A change that was not carried to the host. */
export interface SkippedChange {
  readonly change: SandboxChange
  /** Why, in one sentence. */
  readonly why: string
}

/** What a commit did. Changes that the filter left out are in neither list. */
export interface CommitReport {
  /** What the host has now. */
  readonly committed: readonly SandboxChange[]
  /** What it does not have, although it was picked. These changes are still in the overlay. */
  readonly skipped: readonly SkippedChange[]
}
