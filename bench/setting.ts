import { bubblewrap } from '@caisson/bubblewrap'
import { createSandbox, type Policy, type Sandbox } from '@caisson/core'
import type { Trial } from './measure.ts'
import { figure } from './table.ts'
import type { Peer } from './peer.ts'

/** What every figure is measured with. */
export interface Setting {
  /** A folder on the host, mounted at `/work`. */
  readonly folder: string
  /** Samples behind each median. */
  readonly rounds: number
  /** Scales what is large (bytes, number of sandboxes); 1 unless the run is a quick one. */
  readonly scale: number
  readonly peer: Peer | null
  /** Why there is no peer. */
  readonly peerReason: string
}

/** How the folder is mounted: `overlay` is what agents are to have; `write` is also watched. */
export type BenchAccess = 'overlay' | 'write'

/** A policy with one mount and nothing else, so that a bare `bwrap` can be given the same. */
function benchPolicy(folder: string, access: BenchAccess): Policy {
  return { filesystem: { mounts: [{ source: folder, target: '/work', access }] } }
}

const driver = bubblewrap()

/** A sandbox with that policy, by one driver, as a host that makes many would. */
export function open(folder: string, access: BenchAccess = 'overlay'): Promise<Sandbox> {
  return createSandbox({ driver, policy: benchPolicy(folder, access) })
}

/** A command that must succeed: a figure of failing commands would be worth nothing. */
export async function succeed(sandbox: Sandbox, argv: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await sandbox.exec(argv)
  if (exitCode !== 0) throw new Error(`${argv.join(' ')}: exit code ${exitCode}: ${stderr}`)
}

/** The trial of the peer, if there is one. */
export function peerTrial({ peer }: Setting, command: string): Trial | null {
  return peer === null ? null : () => peer.run(command)
}

/** How the peer's median compares with ours, in words. */
export function compared(setting: Setting, ours: number, peer: number | null): string {
  if (peer === null) return setting.peerReason
  return `${figure(peer)} ms, ${figure(peer / ours)}× ours`
}
