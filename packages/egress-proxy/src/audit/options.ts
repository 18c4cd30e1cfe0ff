import type { KeyObject } from 'node:crypto'

/** A signed statement of how far a trail had come. Keep it where the trail's keeper cannot change it. */
export interface Checkpoint {
  readonly sandboxId: string
  /** Lines so far. */
  readonly lines: number
  /** Hash of the last of them, hexadecimal. */
  readonly hash: string
  /** Milliseconds since the epoch. */
  readonly time: number
  /** The trail was closed then: nothing comes after it. */
  readonly final: boolean
  /**
   * Ed25519 (RFC 8032), base64, over these lines, each with its line feed: `caisson-audit-checkpoint-1`, then
   * `sandboxId`, `lines`, `hash`, `time` and `final`; `null` without a key.
   */
  readonly signature: string | null
}

/** Where decisions are written down, and how strictly. One of `path` and `write`. */
export interface AuditOptions {
  /**
   * A file that lines are appended to; made with mode 0600. One sandbox each: it must be empty, a plain file
   * with one name, and no symbolic link.
   */
  readonly path?: string | undefined
  /** Takes lines, each ending with a line feed. What it returns is waited for before it is called again. */
  readonly write?: ((lines: string) => void | Promise<void>) | undefined
  /**
   * Nothing may happen unwritten: with `path`, each line is in the file (in the kernel's hands; the disk has it
   * by the next checkpoint) before what it tells of goes on; with `write`, nothing is allowed while
   * `pendingBytes` wait, and what waits is lost with the process. Nothing is allowed either after a line was
   * lost, until that is written. Otherwise lines that find no room are
   * dropped, and counted in the next that finds some. Default `false`.
   */
  readonly strict?: boolean | undefined
  /** Lines that wait to be written, in bytes. Default 1 MiB. */
  readonly pendingBytes?: number | undefined
  /** How long `close` waits for the last lines, in milliseconds. Default 5000. */
  readonly closeMs?: number | undefined
  /** Signs checkpoints: an Ed25519 private key, or its PEM. Default: unsigned. */
  readonly signingKey?: KeyObject | string | undefined
  /** A checkpoint after so many lines, and one at the end. Default 1000. */
  readonly checkpointEvery?: number | undefined
  /** Takes each checkpoint, for anchoring it elsewhere. What it throws is told to `onLog`. */
  readonly onCheckpoint?: ((checkpoint: Checkpoint) => void) | undefined
}
