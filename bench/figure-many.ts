import type { Sandbox } from '@caisson/core'
import { median } from './measure.ts'
import { descendants, liveBytes, memoryOf } from './process-memory.ts'
import { open, succeed, type Setting } from './setting.ts'
import { figure, type Row } from './table.ts'

const mebibyte = 1024 * 1024

/** How many sandboxes were made, and what each took. */
interface Crowd {
  readonly sandboxes: Sandbox[]
  readonly milliseconds: number[]
}

async function gather(folder: string, size: number): Promise<Crowd> {
  const crowd: Crowd = { sandboxes: [], milliseconds: [] }
  for (let number = 0; number < size; number += 1) {
    const from = performance.now()
    crowd.sandboxes.push(await open(folder))
    crowd.milliseconds.push(performance.now() - from)
  }
  return crowd
}

/** Many sandboxes alive in one process: what one costs in memory, and whether the last costs more time. */
export async function manyAlive(setting: Setting): Promise<Row[]> {
  const size = Math.max(20, Math.round(200 * setting.scale))
  const others = new Set(descendants())
  const before = liveBytes()
  const crowd = await gather(setting.folder, size)
  try {
    const inside = descendants().filter((id) => !others.has(id))
    const host = liveBytes() - before
    const memory = (inside.reduce((sum, id) => sum + memoryOf(id), 0) + host) / size / mebibyte
    await Promise.all(crowd.sandboxes.map((sandbox) => succeed(sandbox, ['true'])))
    return [memoryRow(memory, size), flatRow(crowd.milliseconds)]
  } finally {
    await Promise.all(crowd.sandboxes.map((sandbox) => sandbox.destroy()))
  }
}

function memoryRow(memory: number, samples: number): Row {
  return {
    figure: 'memory of one idle sandbox, host’s share included',
    ours: `${figure(memory)} MiB`,
    floor: '–',
    value: memory,
    unit: ' MiB',
    goal: { kind: 'at-most', bound: 2 },
    peer: 'keeps no sandbox',
    samples,
  }
}

function flatRow(milliseconds: readonly number[]): Row {
  const tenth = Math.max(10, Math.round(milliseconds.length / 10))
  const first = median(milliseconds.slice(0, tenth))
  const last = median(milliseconds.slice(-tenth))
  return {
    figure: `${milliseconds.length} sandboxes alive in one process, all answer; creating the last tenth`,
    ours: `${figure(last)} ms each`,
    floor: `${figure(first)} ms each, the first tenth`,
    value: last / first,
    unit: '×',
    goal: { kind: 'at-most', bound: 1.5 },
    peer: 'one configuration per process',
    samples: tenth,
  }
}
