const longestTarget = 4095

/**
 * Why a symbolic link may not be made on the host, or nothing. A link stays inside its mount when it
 * is relative, climbs only at its beginning (a `..` after a name may climb out of where that name
 * leads), and not above the mount's root.
 *
 * @param depth - how many folders lie between the mount's root and the link
 */
export function linkFault(target: string, depth: number): string | undefined {
  if (target === '' || target.includes('\0') || Buffer.byteLength(target) > longestTarget)
    return 'it is a link with an impossible target'
  if (target.includes('\uFFFD')) return 'it is a link whose target is not UTF-8'
  if (target.startsWith('/')) return 'it is a link with an absolute target'
  const names = target.split('/').filter((name) => name !== '' && name !== '.')
  const firstName = names.findIndex((name) => name !== '..')
  const climbs = firstName < 0 ? names.length : firstName
  if (climbs > depth) return 'it is a link that leaves the mount'
  if (names.slice(climbs).includes('..')) return 'it is a link that climbs after a name'
  return undefined
}
