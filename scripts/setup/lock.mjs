/**
 * Whether what npm installed is what the lock file asks for. Compares contents, since a checkout
 * changes the times of files.
 *
 * @param {{ packages?: Record<string, Entry> }} wanted `package-lock.json`
 * @param {{ packages?: Record<string, Entry> }} installed `node_modules/.package-lock.json`
 * @returns {string | null} the first difference, or null
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean }} Entry
 */
export function firstDifference(wanted, installed) {
  const have = installed.packages ?? {}
  for (const [path, entry] of Object.entries(wanted.packages ?? {})) {
    if (!path.includes('node_modules/')) continue
    const found = have[path]
    // Optional packages are for other platforms more often than not.
    if (found === undefined && (entry.optional || entry.devOptional)) continue
    if (found === undefined) return `${path} is missing`
    if (found.version !== entry.version || found.integrity !== entry.integrity) {
      return `${path} is ${found.version}, not ${entry.version}`
    }
  }
  return null
}
