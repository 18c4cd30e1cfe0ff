import { below, isWithin, join } from './inside-path.ts'
import type { PlacedMount } from './mount-places.ts'
import { planFault } from './plan-fault.ts'

/**
 * Whether `inner` covers, inside, exactly the files of `outer` that it shows. Then each file of the
 * host is seen in one place only, and what holds there is what holds.
 */
export function isNaturallyNested(inner: PlacedMount, outer: PlacedMount): boolean {
  if (inner === outer || !isWithin(inner.source, outer.source)) return false
  return inner.target === join(outer.target, below(inner.source, outer.source))
}

function isFault(inner: PlacedMount, outer: PlacedMount): boolean {
  if (!isWithin(inner.source, outer.source) || isNaturallyNested(inner, outer)) return false
  const pair = [inner.mount.access, outer.mount.access]
  return pair.includes('overlay') && !pair.includes('read')
}

/**
 * Refuses an overlay whose files another mount can change at another place. The kernel leaves open
 * what an overlay shows when the folder below it changes, and a commit would meet files that the
 * sandbox changed around it. (Linux, Documentation/filesystems/overlayfs.rst, "Changes to underlying
 * filesystems".)
 */
export function checkOverlaps(all: readonly PlacedMount[]): void {
  for (const [index, one] of all.entries()) {
    const other = all.slice(0, index).find((two) => isFault(one, two) || isFault(two, one))
    if (other === undefined) continue
    const message =
      `${one.source} (\`${one.mount.access}\`) overlaps ${other.source} ` +
      `(\`${other.mount.access}\`) of filesystem.mounts[${other.index}] at another place`
    const hint = 'let one lie inside the other at its own place, or mount one of them `read`'
    throw planFault(`filesystem.mounts[${one.index}]`, message, hint)
  }
}
