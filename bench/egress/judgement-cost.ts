import { fileURLToPath } from 'node:url'
import { median } from '../measure.ts'
import { figure, type Row } from '../table.ts'
import { cores, end, firstLine, startOn } from './arena.ts'

/** What judging and writing down one request costs, and how it grows with the policy. */
export async function judgementCost(rounds: number): Promise<Row[]> {
  const file = fileURLToPath(new URL('./judgement.js', import.meta.url))
  const child = startOn(cores.proxy, [process.execPath, file, String(rounds)])
  try {
    const found = JSON.parse(await firstLine(child)) as { few: number[]; many: number[] }
    const [few, many] = [median(found.few), median(found.many)]
    const shared = { peer: '–', samples: rounds }
    return [
      {
        ...shared,
        figure: 'reading, judging and writing down one request, 10 rules',
        ours: `${figure(few)} µs`,
        floor: '–',
        value: few,
        unit: ' µs',
        goal: { kind: 'at-most', bound: 30 },
      },
      {
        ...shared,
        figure: 'the same with 10,000 rules',
        ours: `${figure(many)} µs`,
        floor: `${figure(few)} µs, with 10`,
        value: many / few,
        unit: '×',
        goal: { kind: 'at-most', bound: 2 },
      },
    ]
  } finally {
    await end(child)
  }
}
