import { closeSync, constants, fstatSync, openSync, readlinkSync } from 'node:fs'
import { type PlannedMount, SandboxError, type SandboxPlan } from '@caisson/core'

/** Descriptors of what a sandbox will show, to be closed when bwrap has them. */
export interface OpenSources {
  readonly init: number
  readonly mounts: readonly number[]
  close(): void
}

/** `O_PATH` of open(2): names the file and gives no access to what is in it. */
const nameOnly = 0o10000000

/**
 * Opens the init binary and the source of every mount. A path of which any part was exchanged for a
 * link since the plan was made is refused: another sandbox may write to a folder above it.
 *
 * @throws SandboxError `LAUNCH_FAILED`
 */
export function openSources(plan: SandboxPlan, initPath: string): OpenSources {
  const open: number[] = []
  const close = (): void => {
    for (const descriptor of open.splice(0)) closeSync(descriptor)
  }
  try {
    open.push(openSync(initPath, nameOnly))
    for (const mount of plan.mounts) open.push(openSource(mount))
    const [init = -1, ...mounts] = open
    return { init, mounts, close }
  } catch (error) {
    close()
    throw error
  }
}

function openSource(mount: PlannedMount): number {
  const descriptor = openName(mount)
  const place = readlinkSync(`/proc/self/fd/${descriptor}`)
  const found = fstatSync(descriptor)
  const isKind = mount.kind === 'directory' ? found.isDirectory() : found.isFile()
  if (place === mount.source && isKind) return descriptor
  closeSync(descriptor)
  throw changed(mount, `it is now ${isKind ? place : 'another kind of file'}`)
}

function openName(mount: PlannedMount): number {
  try {
    return openSync(mount.source, nameOnly | constants.O_NOFOLLOW)
  } catch (error) {
    throw changed(mount, 'it cannot be opened', error)
  }
}

function changed(mount: PlannedMount, what: string, cause?: unknown): SandboxError {
  return new SandboxError(
    'LAUNCH_FAILED',
    `bubblewrap: ${mount.rule}: ${mount.source} changed after the sandbox was planned: ${what}`,
    { driver: 'bubblewrap', hint: 'create the sandbox again', path: mount.source, cause },
  )
}
