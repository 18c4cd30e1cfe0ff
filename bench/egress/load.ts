import { readFileSync } from 'node:fs'
import { type Arena, cores, end, firstLine, startOn } from './arena.ts'
import type { Running } from './contestant.ts'

/** What the load generator does; see `load.c`. */
export interface Load {
  readonly mode: 'requests' | 'cold' | 'bulk' | 'relay' | 'idle'
  readonly connections?: number
  readonly seconds?: number
  readonly method?: 'GET' | 'POST'
  /** `/bulk` and `/gzip` are answered with 64 MiB. Default `/`: 512 bytes. */
  readonly path?: '/bulk' | '/gzip'
  readonly body?: 'text' | 'json'
  /** Of a body, in bytes. Default 1024. */
  readonly size?: number
  readonly protocol?: 'http/1.1' | 'h2'
  readonly streams?: number
}

/** What it found. */
export interface Found {
  readonly perSecond: number
  readonly medianMs: number
  readonly p99Ms: number
  readonly count: number
  /** The same, with what the warm-up did. */
  readonly whole: number
  readonly errors: number
  /** Who vouched for the server. */
  readonly issuer: string
}

function command({ load, origin }: Arena, wanted: Load, through: Running | null): string[] {
  const raw = wanted.mode === 'relay' || wanted.mode === 'idle'
  const fields: Record<string, string | number> = {
    port: raw ? origin.raw : origin.secure,
    ...wanted,
  }
  if (through !== null) fields['proxy'] = through.port
  if (through !== null && through.auth !== '') fields['auth'] = through.auth
  return [load, 'client', ...Object.entries(fields).map(([name, value]) => `${name}=${value}`)]
}

/** What one request, or one byte, took of a proxy's processor: in microseconds. */
export interface Spent extends Found {
  readonly processorUs: number
}

/** Clock ticks of a process, 100 a second, of all its threads. */
function ticksOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

/** Runs a load through a proxy, and looks at what it costs there. */
export async function runLoadThrough(arena: Arena, wanted: Load, through: Running): Promise<Spent> {
  const before = ticksOf(through.pid)
  const found = await runLoad(arena, wanted, through)
  const ticks = ticksOf(through.pid) - before
  return { ...found, processorUs: (ticks * 10_000) / found.whole }
}

/**
 * Runs a load through a proxy, or directly when that is `null`. Rejects when an answer was not a good one:
 * a figure of failures would be worth nothing.
 */
export async function runLoad(arena: Arena, wanted: Load, through: Running | null): Promise<Found> {
  const child = startOn(cores.others, command(arena, wanted, through))
  try {
    return checked(await firstLine(child))
  } finally {
    await end(child)
  }
}

/** Holds idle tunnels while something is looked at. */
export async function withTunnels<T>(
  arena: Arena,
  { through, count }: { readonly through: Running; readonly count: number },
  look: () => Promise<T>,
): Promise<T> {
  const child = startOn(cores.others, command(arena, { mode: 'idle', connections: count }, through))
  try {
    checked(await firstLine(child))
    return await look()
  } finally {
    child.stdin?.end()
    await end(child)
  }
}

function checked(line: string): Found {
  const found = JSON.parse(line) as Found
  if (found.errors > 0 || found.count === 0)
    throw new Error(`${found.errors} of ${found.count} answers were not good`)
  return found
}
