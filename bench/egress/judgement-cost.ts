import { fileURLToPath } from 'node:url'
import { median } from '../measure.ts'
import { figure, type Goal, type Row } from '../table.ts'
import { cores, end, firstLine, startOn } from './arena.ts'

interface Line {
  readonly name: string
  readonly figure: string
  readonly goal: Goal | null
  /** Whose share it is; without one it stands for itself. */
  readonly of?: string
}

const plain = 'a request read, judged, written down and made what is sent'

const lines: readonly Line[] = [
  { name: 'plain', figure: `${plain}, 10 rules`, goal: { kind: 'at-most', bound: 30 } },
  {
    name: 'plainMany',
    figure: 'the same with 10,000 rules',
    of: 'plain',
    goal: { kind: 'at-most', bound: 2 },
  },
  { name: 'canaries', figure: 'the same with canaries', of: 'plain', goal: null },
  { name: 'credential', figure: 'the same with a credential', of: 'plain', goal: null },
  {
    name: 'full',
    figure: `${plain}, with a credential and canaries`,
    goal: { kind: 'at-most', bound: 30 },
  },
  {
    name: 'fullMany',
    figure: 'the same with 10,000 rules, with a credential and canaries',
    of: 'full',
    goal: { kind: 'at-most', bound: 2 },
  },
  { name: 'judged', figure: 'the same with 1 KiB of JSON judged', of: 'plain', goal: null },
  { name: 'judgedLarge', figure: 'the same with 100 KiB of JSON judged', of: 'plain', goal: null },
  {
    name: 'judgedFull',
    figure: 'the same with 1 KiB of JSON judged, a credential and canaries',
    of: 'plain',
    goal: null,
  },
]

/** What a request costs before it is sent, by what is asked, and how it grows with the policy. */
export async function judgementCost(rounds: number): Promise<Row[]> {
  const file = fileURLToPath(new URL('./judgement.js', import.meta.url))
  const child = startOn(cores.proxy, [process.execPath, file, String(rounds)])
  try {
    const found = JSON.parse(await firstLine(child)) as Record<string, readonly number[]>
    const cost = (name: string): number => median(found[name] ?? [])
    return lines.map((line) => rowOf(line, cost, rounds))
  } finally {
    await end(child)
  }
}

function rowOf({ name, of, ...line }: Line, cost: (name: string) => number, rounds: number): Row {
  const own = cost(name)
  const shared = { ...line, ours: `${figure(own)} µs`, peer: '–', samples: rounds }
  if (of === undefined) return { ...shared, floor: '–', value: own, unit: ' µs' }
  const floor = cost(of)
  return { ...shared, floor: `${figure(floor)} µs`, value: own / floor, unit: '×' }
}
