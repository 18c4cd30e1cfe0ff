import { closeSync, readdirSync, readFileSync } from 'node:fs'

/** `O_CLOEXEC` as `/proc/self/fdinfo` writes it: octal, the same on every architecture that Node.js runs on. */
const closeOnExec = 0o2000000

/**
 * Closes what the host application itself was started with, and which nobody meant for this process: files
 * that are open for whatever is started, at numbers that Node.js does not look at. What this process opened
 * is for it alone, which tells it apart. Elsewhere than on Linux nobody can tell, and nothing is done.
 */
export function closeInherited(): void {
  for (const name of opened()) {
    const number = Number(name)
    if (number > 2 && isInherited(number)) closeSync(number)
  }
}

function opened(): readonly string[] {
  try {
    return readdirSync('/proc/self/fdinfo')
  } catch {
    return []
  }
}

function isInherited(number: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${number}`, 'latin1'))
    return flags !== null && (Number.parseInt(flags[1] ?? '', 8) & closeOnExec) === 0
  } catch {
    // The folder that was being read.
    return false
  }
}
