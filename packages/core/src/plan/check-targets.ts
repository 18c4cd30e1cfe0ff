import type { HostFacts } from './host-facts.ts'
import { isWithin } from './inside-path.ts'
import { enclosing, hostMountPoint, type PlacedMount } from './mount-places.ts'
import { planFault } from './plan-fault.ts'
import type { SystemEntry } from './types.ts'

/** Trees inside that the sandbox makes for itself. */
const reservedTrees = ['/proc', '/sys', '/dev', '/.caisson'] as const

/** What a plan has beside mounts. */
export interface Surroundings {
  readonly system: readonly SystemEntry[]
  /** `/tmp` and the home. */
  readonly scratch: readonly string[]
  readonly facts: HostFacts
}

const otherTarget = 'give it another `target`'

function checkReserved(clause: string, placed: PlacedMount, around: Surroundings): void {
  const { target } = placed
  const reserved = reservedTrees.find((tree) => isWithin(target, tree))
  if (target === '/' || reserved !== undefined) {
    throw planFault(clause, `target \`${target}\` is reserved`, otherTarget)
  }
  const covered = around.scratch.find((path) => isWithin(path, target))
  if (covered !== undefined) {
    throw planFault(clause, `target \`${target}\` would cover the private ${covered}`, otherTarget)
  }
  const hidden = around.system.find((entry) => isWithin(entry.path, target))
  if (hidden !== undefined) {
    const message = `target \`${target}\` would cover ${hidden.path} of the system view`
    throw planFault(clause, message, otherTarget)
  }
  const crossed = around.system.find(
    (entry) => entry.kind !== 'bind' && isWithin(target, entry.path),
  )
  if (crossed !== undefined) {
    const message = `target \`${target}\` lies below ${crossed.path}, which is no folder inside`
    throw planFault(clause, message, otherTarget)
  }
}

/** A mount point on files of the host must be there already: making it would litter the host. */
function checkMountPoint(
  clause: string,
  placed: PlacedMount,
  context: { all: readonly PlacedMount[]; around: Surroundings },
): void {
  const outer = enclosing(placed, context.all)
  if (outer?.kind === 'file') {
    const message = `target \`${placed.target}\` lies below the file ${outer.target}`
    throw planFault(clause, message, otherTarget)
  }
  const point = hostMountPoint(placed, context.all, context.around.system)
  if (point === undefined) return
  const found = context.around.facts.mountPoints[point] ?? 'missing'
  if (found === placed.kind) return
  // An overlay takes the mount point into its upper layer, and the host never sees it.
  if (found === 'missing' && outer?.mount.access === 'overlay') return
  const message = `target \`${placed.target}\` lands on ${point}, which is ${describe(found)}`
  const hint = `make it a ${placed.kind} on the host first, or ${otherTarget}`
  throw planFault(clause, message, hint)
}

function describe(found: string): string {
  if (found === 'missing' || found === 'unreadable') return found
  return found === 'symlink' ? 'reached through a symbolic link' : `a ${found}`
}

/** Checks the places inside: reserved ones, the same one twice, and mount points that are not there. */
export function checkTargets(all: readonly PlacedMount[], around: Surroundings): void {
  const seen = new Map<string, number>()
  for (const placed of all) {
    const clause = `filesystem.mounts[${placed.index}]`
    const twin = seen.get(placed.target)
    if (twin !== undefined) {
      const message = `target \`${placed.target}\` is that of filesystem.mounts[${twin}] too`
      throw planFault(clause, message, otherTarget)
    }
    seen.set(placed.target, placed.index)
    checkReserved(clause, placed, around)
    checkMountPoint(clause, placed, { all, around })
  }
}
