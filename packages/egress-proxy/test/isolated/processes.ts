import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Process ids of proxies that some process has started, zombies included. */
export function proxiesOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent && isProxy(pid))
}

/** `null` when there is no such process, not even as a zombie. */
export function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return null
  }
}

function isProxy(pid: number): boolean {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1')
    // The command line of a zombie is empty.
    return command === '' || command.includes('isolated-main-listen')
  } catch {
    return false
  }
}

/** What this process has open: sockets and pipes by kind. */
export function openHere(): string[] {
  return readdirSync('/proc/self/fd')
    .map((name) => {
      try {
        return readlinkSync(`/proc/self/fd/${name}`).replace(/\[\d+\]/, '')
      } catch {
        // The folder that is being read.
        return ''
      }
    })
    .filter((target) => target !== '')
    .toSorted()
}

/** Waits until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5))
}
