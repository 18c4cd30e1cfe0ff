import { setTimeout as sleep } from 'node:timers/promises'
import type { Arena } from './arena.ts'
import type { Contestant, Role, Running } from './contestant.ts'
import { type Load, runLoad, withTunnels } from './load.ts'
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
  /** Whether the client speaks HTTP/2, which not every contestant does. */
  readonly http2?: boolean
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
    // The first round warms compilers and connections up; it is not counted.
    for (let round = -1; round < ground.rounds; round += 1)
      for (const event of events) await holdEvent(ground, event, { entrants, counted: round >= 0 })
  } finally {
    await Promise.all(entrants.map(({ running }) => running.stop()))
  }
}

async function holdEvent(
  { arena, sheet }: Ground,
  event: Event,
  { entrants, counted }: { readonly entrants: readonly Entrant[]; readonly counted: boolean },
): Promise<void> {
  const { column, load, figure, scale = 1 } = event
  const note = (who: string, value: number) => {
    if (counted) sheet.record(column, who, value / scale)
  }
  // The server itself speaks HTTP/1.1 alone.
  if (event.http2 !== true) note(direct, (await runLoad(arena, load, null))[figure])
  for (const { contestant, running } of entrants) {
    const { name, issuer, http2 } = contestant
    if (sheet.failed(column, name) || (event.http2 === true && !http2)) continue
    try {
      const found = await runLoad(arena, load, running)
      if (event.role === 'intercept' && !found.issuer.includes(issuer))
        throw new Error(`does not intercept: the leaf is from ${found.issuer}`)
      note(name, found[figure])
    } catch (error) {
      sheet.fail(column, name, error)
    }
  }
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
      if (sheet.failed(column, contestant.name)) continue
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
