import type { Mount } from '../policy/types.ts'
import type { SourceFact } from './host-facts.ts'
import { below, components, isWithin, join } from './inside-path.ts'
import type { SystemEntry } from './types.ts'

/** A mount of the policy with its places found. */
export interface PlacedMount {
  /** Its number in `filesystem.mounts`. */
  readonly index: number
  readonly mount: Mount
  /** Canonical path on the host. */
  readonly source: string
  readonly target: string
  readonly kind: 'directory' | 'file'
}

/** The mounts whose source exists and is a folder or a file; the others are errors of the plan. */
export function placeMounts(
  mounts: readonly Mount[],
  sources: readonly SourceFact[],
): readonly PlacedMount[] {
  return mounts.flatMap((mount, index) => {
    const fact = sources[index]
    if (fact === undefined || fact.canonical === null) return []
    if (fact.kind !== 'directory' && fact.kind !== 'file') return []
    const target = mount.target ?? fact.canonical
    return [{ index, mount, source: fact.canonical, target, kind: fact.kind }]
  })
}

/** Parents before what lies inside them; equally deep ones by name, so that lists may be in any order. */
export function byDepth(a: { target: string }, b: { target: string }): number {
  const depth = components(a.target).length - components(b.target).length
  if (depth !== 0) return depth
  return a.target < b.target ? -1 : Number(a.target > b.target)
}

/** The nearest mount that a mount lies in. */
export function enclosing(
  inner: PlacedMount,
  all: readonly PlacedMount[],
): PlacedMount | undefined {
  return all
    .filter((outer) => outer.target !== inner.target && isWithin(inner.target, outer.target))
    .sort(byDepth)
    .at(-1)
}

/**
 * The host path on which a mount lands when it lies inside another mount or inside a folder of the
 * system view; `undefined` when its mount point is made in the sandbox's own memory.
 */
export function hostMountPoint(
  inner: PlacedMount,
  all: readonly PlacedMount[],
  system: readonly SystemEntry[],
): string | undefined {
  const outer = enclosing(inner, all)
  if (outer !== undefined) return join(outer.source, below(inner.target, outer.target))
  const isShown = system.some(
    (entry) => entry.kind === 'bind' && isWithin(inner.target, entry.path),
  )
  return isShown ? inner.target : undefined
}
