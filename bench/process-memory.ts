import { readdirSync, readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // The process ended, or does not let us look.
  }
}

function kibibytes(text: string, field: string): number | null {
  const found = new RegExp(`^${field}:\\s*(\\d+) kB$`, 'm').exec(text)?.[1]
  return found === undefined ? null : Number(found)
}

function parents(): Map<number, number> {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const parent = (id: string) => Number(/^PPid:\s*(\d+)$/m.exec(read(`/proc/${id}/status`))?.[1])
  return new Map(ids.map((id) => [Number(id), parent(id)]))
}

/** Processes that descend from this one. */
export function descendants(): number[] {
  const parent = parents()
  const isBelow = (id: number): boolean => {
    const above = parent.get(id)
    return above !== undefined && (above === process.pid || isBelow(above))
  }
  return [...parent.keys()].filter(isBelow)
}

/**
 * Bytes of memory that a process holds, its share of shared pages included (`Pss`); where that may not
 * be read, everything resident, which is more.
 */
export function memoryOf(id: number): number {
  const share = kibibytes(read(`/proc/${id}/smaps_rollup`), 'Pss')
  return (share ?? kibibytes(read(`/proc/${id}/status`), 'VmRSS') ?? 0) * 1024
}

/** Bytes that this process really uses, garbage left out; resident memory would tell of the past. */
export function liveBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
