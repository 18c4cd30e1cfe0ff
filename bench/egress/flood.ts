import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { median } from '../measure.ts'
import { figure, type Row } from '../table.ts'
import { type Arena, cores, end, startOn } from './arena.ts'
import type { Served } from './contestant.ts'
import { runLoad } from './load.ts'

type Isolation = 'none' | 'process'

interface Lateness {
  readonly medianMs: number
  readonly p99Ms: number
  readonly perSecond: number
}

/** How late the host application's timers are while a sandbox floods its proxy, in the process and beside. */
export async function flood(arena: Arena, rounds: number): Promise<Row> {
  const found: Record<Isolation, Lateness[]> = { none: [], process: [] }
  for (let round = 0; round < rounds; round += 1) {
    found.none.push(await flooded(arena, 'none'))
    found.process.push(await flooded(arena, 'process'))
  }
  const middle = (of: Isolation, what: keyof Lateness) =>
    median(found[of].map((lateness) => lateness[what]))
  const told = (of: Isolation) =>
    `${figure(middle(of, 'p99Ms'))} ms (median ${figure(middle(of, 'medianMs'))} ms) at ` +
    `${figure(middle(of, 'perSecond'))} requests/s`
  return {
    figure: 'how late the host’s timers are under a flood by 64 connections, 99th percentile',
    ours: `${told('process')}, isolated`,
    floor: `${told('none')}, in the process`,
    value: middle('process', 'p99Ms') / middle('none', 'p99Ms'),
    unit: '×',
    goal: null,
    peer: '–',
    samples: rounds,
  }
}

/** Not on one processor alone: an isolated proxy has to have somewhere to be. */
async function flooded(arena: Arena, isolation: Isolation): Promise<Lateness> {
  const { folder, originAuthority, proxyAuthority, origin } = arena
  const served = { folder, originAuthority, proxyAuthority, origin }
  const told: Served = { role: 'intercept', asked: 'plain', ...served }
  const file = fileURLToPath(new URL('./serve-flooded.js', import.meta.url))
  const child = startOn(`${cores.proxy},${cores.others}`, [
    process.execPath,
    file,
    JSON.stringify(told),
    isolation,
  ])
  let complaint = ''
  child.stderr?.on('data', (chunk: Buffer) => (complaint = (complaint + chunk).slice(-300)))
  const lines = createInterface({ input: child.stdout ?? process.stdin })
  const ended = once(child, 'exit').then(() => {
    throw new Error(`the flooded host ended: ${complaint}`)
  })
  ended.catch(() => undefined)
  const line = async <T>(): Promise<T> => {
    const [text] = (await Promise.race([once(lines, 'line'), ended])) as [string]
    return JSON.parse(text) as T
  }
  try {
    const { port, auth } = await line<{ port: number; auth: string }>()
    const through = { port, auth, pid: child.pid ?? 0, stop: () => end(child) }
    child.stdin?.write('start\n')
    const { perSecond } = await runLoad(arena, { mode: 'requests', connections: 64 }, through)
    const answer = line<Omit<Lateness, 'perSecond'>>()
    child.stdin?.write('tell\n')
    return { ...(await answer), perSecond }
  } finally {
    await end(child)
  }
}
