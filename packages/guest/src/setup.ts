import type { EgressDoor, PathRule } from '@caisson/core'

/** One step that `init` performs before it serves, in order. The wire form is in PROTOCOL.md. */
export type SetupOperation =
  | {
      readonly kind: 'mount'
      /** Names the mount in `gaps`, overlays and the sentinel; unique. */
      readonly index: number
      readonly access: 'read' | 'write' | 'overlay'
      readonly fileKind: 'directory' | 'file'
      /** Where the driver bound the source, out of the way. */
      readonly staged: string
      readonly target: string
      /** Size of the overlay's upper layer; 0 unless `overlay`. */
      readonly upperBytes: number
      readonly deny: readonly PathRule[]
      readonly protect: readonly PathRule[]
    }
  | { readonly kind: 'hide'; readonly path: string }
  | { readonly kind: 'read-only'; readonly path: string }
  | { readonly kind: 'identity'; readonly uid: number; readonly gid: number }
  | { readonly kind: 'rlimit'; readonly resource: number; readonly value: number }
  | { readonly kind: 'seccomp'; readonly program: Uint8Array }
  | { readonly kind: 'proc-check' }
  | { readonly kind: 'scratch'; readonly path: string }
  | {
      readonly kind: 'doors'
      /** Descriptor of the IPC channel of Node.js to the host's process, 3 or more. `init` closes it. */
      readonly channel: number
      /** What listens inside, 64 at most; the host gets each with its place here as `{ door: 0 }`. */
      readonly doors: readonly Pick<EgressDoor, 'protocol' | 'address' | 'port'>[]
    }
  | { readonly kind: 'lock' }

/** Something that a rule of the policy names and `init` could not hide or protect, and why. */
export interface SetupGap {
  readonly mountIndex: number
  readonly rule: string
  readonly path: string
  readonly why: string
}
