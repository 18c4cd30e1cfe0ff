import { lstat } from 'node:fs/promises'

/**
 * Whether a path names something on the host. Looks at the name only (lstat(2)): nothing is opened,
 * no final link is followed. The answer goes to the caller of the library, never into the sandbox.
 */
export async function hostPathExists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch {
    // ENOENT, and anything that keeps the host itself from knowing: both mean "not known to exist".
    return false
  }
}
