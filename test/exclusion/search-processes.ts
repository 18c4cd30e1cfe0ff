import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { linkOf, readPath, type Take } from './search-files.ts'

/** Each process that can be seen. */
function processes(): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name))
}

/** Reads what processes hold open, through `/proc`; but not the pipes that this program itself uses. */
export function readDescriptors(take: Take): void {
  const own = [0, 1, 2].map((number) => linkOf(`/proc/self/fd/${number}`))
  for (const id of processes())
    for (const number of namesIn(`/proc/${id}/fd`)) {
      const path = `/proc/${id}/fd/${number}`
      const target = linkOf(path)
      take(`link ${path}`, target)
      // A second reader of a pipe would take away what is meant for the first.
      const isPlace = target.startsWith('/') && !/^\/(?:proc|dev)\//.test(target)
      if (isPlace && !own.includes(target)) readPath(path, take)
    }
}

/** Reads the memory of every process that may be read, but for the code and data of programs. */
export function readMemories(take: Take): void {
  for (const id of processes()) readMemory(id, take)
}

function readMemory(id: string, take: Take): void {
  let memory: number
  let maps: string
  try {
    maps = readFileSync(`/proc/${id}/maps`, 'latin1')
    memory = openSync(`/proc/${id}/mem`, 'r')
  } catch {
    return // Not for us, or it ended.
  }
  for (const line of maps.split('\n')) {
    const [, from, to, rights = ''] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line) ?? []
    if (from === undefined || to === undefined || !rights.startsWith('r')) continue
    // Programs lie in /usr, which is the host's; what one changed of its own is written to.
    if (!rights.includes('w') && line.includes('/usr/')) continue
    readRange(memory, [BigInt(`0x${from}`), BigInt(`0x${to}`)], (part) =>
      take(`memory of ${id}`, part),
    )
  }
  closeSync(memory)
}

const step = 1n << 18n
const zeros = Buffer.alloc(Number(step))

function readRange(
  memory: number,
  [from, to]: readonly [bigint, bigint],
  take: (part: Buffer) => void,
): void {
  const room = Buffer.alloc(Number(step))
  for (let at = from; at < to; at += step) {
    const wanted = Number(to - at < step ? to - at : step)
    try {
      const count = readSync(memory, room, 0, wanted, at)
      const part = room.subarray(0, count)
      if (part.compare(zeros, 0, count) !== 0) take(part)
    } catch {
      return // Memory that only the kernel may look at.
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
