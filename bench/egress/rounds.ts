import { setTimeout as sleep } from 'node:timers/promises'
import type { Arena } from './arena.ts'
import { type Contestant, isOurs, type Role, type Running } from './contestant.ts'
import { type Found, type Load, runLoad, runLoadThrough, withTunnels } from './load.ts'
import { memoryOf } from '../process-memory.ts'
import { type Column, direct, type Sheet } from './sheet.ts'

/** A load, which of its figures counts, and for whom it is. */
export interface Event {
  readonly column: Column
  readonly load: Load
  readonly role: Role
  readonly figure: 'perSecond' | 'medianMs'
  /** What one unit of the column is. Default 1. */
  readonly scale?: number
  /** Of each answer or body: what counts is then MiB/s, of the median. */
  readonly bytes?: number
  /** Whether peers stay out of it. */
  readonly alone?: boolean
  /** Whether the client speaks HTTP/2, which not every contestant does. */
  readonly http2?: boolean
  /** Where what it costs the proxy's processor is noted; noise of the machine touches that least. */
  readonly processor?: Column
}

/** What a measurement takes place with. */
export interface Ground {
  readonly arena: Arena
  readonly sheet: Sheet
  readonly rounds: number
}

interface Entrant {
  readonly contestant: Contestant
  readonly running: Running
}

async function startAll(
  { arena, sheet }: Ground,
  contestants: readonly Contestant[],
  { role, events }: { readonly role: Role; readonly events: readonly Event[] },
): Promise<Entrant[]> {
  const entrants: Entrant[] = []
  for (const contestant of contestants.filter(({ roles }) => roles.includes(role))) {
    try {
      entrants.push({ contestant, running: await contestant.start(arena, role) })
    } catch (error) {
      for (const { column } of events) sheet.fail(column, contestant.name, error)
    }
  }
  return entrants
}

/** Every event of one role, by every contestant in turn, round by round, so that noise falls on all alike. */
export async function holdRounds(
  ground: Ground,
  contestants: readonly Contestant[],
  { role, events }: { readonly role: Role; readonly events: readonly Event[] },
): Promise<void> {
  const entrants = await startAll(ground, contestants, { role, events })
  try {
    for (const { running } of entrants) await warmUp(ground, events, running)
    for (let round = 0; round < ground.rounds; round += 1)
      for (const event of events) await holdEvent(ground, event, entrants)
  } finally {
    await Promise.all(entrants.map(({ running }) => running.stop()))
  }
}

/** Long enough for a compiler that compiles what is called often. What fails here fails again later. */
async function warmUp(
  { arena }: Ground,
  [first]: readonly Event[],
  running: Running,
): Promise<void> {
  if (first === undefined) return
  const load = { ...first.load, seconds: first.role === 'relay' ? 1 : 5 }
  await runLoad(arena, load, running).catch(() => undefined)
}

async function holdEvent(
  { arena, sheet }: Ground,
  event: Event,
  entrants: readonly Entrant[],
): Promise<void> {
  const { column, load, processor } = event
  // The server itself speaks HTTP/1.1 alone.
  if (event.http2 !== true)
    sheet.record(column, direct, figureOf(event, await runLoad(arena, load, null)))
  for (const { contestant, running } of entrants) {
    const { name, issuer, http2 } = contestant
    if (event.http2 === true && !http2) continue
    if (event.alone === true && !isOurs(name)) continue
    try {
      const found = await runLoadThrough(arena, load, running)
      if (event.role === 'intercept' && !found.issuer.includes(issuer))
        throw new Error(`does not intercept: the leaf is from ${found.issuer}`)
      sheet.record(column, name, figureOf(event, found))
      if (processor !== undefined)
        sheet.record(processor, name, found.processorUs * (event.scale ?? 1))
    } catch (error) {
      sheet.fail(column, name, error)
    }
  }
}

function figureOf({ figure, bytes, scale = 1 }: Event, found: Found): number {
  return bytes === undefined ? found[figure] / scale : bytes / mebibyte / (found.medianMs / 1000)
}

const mebibyte = 1024 * 1024

/** How much a proxy grows by so many idle tunnels; a new process each time, warmed up by fewer. */
export async function holdIdle(
  { arena, sheet, rounds }: Ground,
  contestants: readonly Contestant[],
  { column, count }: { readonly column: Column; readonly count: number },
): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    for (const contestant of contestants.filter(({ roles }) => roles.includes('relay'))) {
      try {
        sheet.record(column, contestant.name, (await growth(arena, contestant, count)) / mebibyte)
      } catch (error) {
        sheet.fail(column, contestant.name, error)
      }
    }
  }
}

async function growth(arena: Arena, contestant: Contestant, count: number): Promise<number> {
  const through = await contestant.start(arena, 'relay')
  const settled = async () => {
    await sleep(300)
    return memoryOf(through.pid)
  }
  try {
    await withTunnels(arena, { through, count: 20 }, () => Promise.resolve())
    const before = await settled()
    return (await withTunnels(arena, { through, count }, settled)) - before
  } finally {
    await through.stop()
  }
}
