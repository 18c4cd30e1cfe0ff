/** Where the sandbox's init and the sources of mounts wait until init puts them in place and hides this. */
export const stagingPath = '/.caisson'

/** The init binary inside, until it is hidden; the running process keeps it. */
export const initPath: string = `${stagingPath}/caisson-init`

/** Where the source of a mount waits, by its index in the plan. */
export function stagedPath(index: number): string {
  return `${stagingPath}/m/${index}`
}
