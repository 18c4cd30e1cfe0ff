import { fileURLToPath } from 'node:url'
import { figure, type Row } from '../table.ts'
import { cores, end, firstLine, startOn } from './arena.ts'

type Costs = Readonly<Record<string, number>>

/** What the parts cost by themselves. */
export async function microCost(rounds: number): Promise<Row[]> {
  const file = fileURLToPath(new URL('./micro.js', import.meta.url))
  const child = startOn(cores.proxy, [process.execPath, file, String(rounds)])
  try {
    const costs = JSON.parse(await firstLine(child)) as Costs
    return Object.entries(costs)
      .filter(([name]) => name !== jsonFloor)
      .map(([name, microseconds]) => rowOf({ name, microseconds, rounds }, costs[jsonFloor] ?? NaN))
  } finally {
    await end(child)
  }
}

const jsonFloor = 'JSON.parse and JSON.stringify of 1 MiB'

function rowOf(
  { name, microseconds, rounds }: { name: string; microseconds: number; rounds: number },
  floor: number,
): Row {
  const isJson = name.startsWith('strict JSON')
  return {
    figure: name,
    ours: told(microseconds),
    floor: isJson ? `${told(floor)}, ${jsonFloor}` : '–',
    value: isJson ? microseconds / floor : microseconds,
    unit: isJson ? '×' : ' µs',
    goal: null,
    peer: '–',
    samples: rounds,
  }
}

function told(microseconds: number): string {
  return microseconds < 1000 ? `${figure(microseconds)} µs` : `${figure(microseconds / 1000)} ms`
}
