import { lstat } from 'node:fs/promises'

/** Where a look tells of processes and devices, or makes the host mount something from the network. */
const unasked = /^\/(?:proc|sys|dev|run|var\/run|net|misc|afs)(?:\/|$)/

/**
 * Whether a path names something on the host. Looks at the name only (lstat(2)): nothing is opened,
 * no final link is followed. The answer goes to the caller of the library; who shows denials to the
 * code inside tells it which paths exist, so nothing is asked about kernel interfaces or automounts.
 */
export async function hostPathExists(path: string): Promise<boolean> {
  if (unasked.test(path)) return false
  try {
    await lstat(path)
    return true
  } catch {
    // ENOENT, and anything that keeps the host itself from knowing: both mean "not known to exist".
    return false
  }
}
